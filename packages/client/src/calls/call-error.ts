import type { RemotingCommand } from '@centaurmq/protocol';
import { ResponseCode, requestCodeName, responseCodeName } from '@centaurmq/protocol';
import {
  RemotingConnectError,
  RemotingSendError,
  RemotingTimeoutError,
  RemotingTooMuchRequestError,
} from '@centaurmq/remoting';
import { MqError, MqErrorCode } from '../errors.ts';

/**
 * The failure of a call as this client reports it.
 * @returns anything that is no failure of a call (an abort reason, say) unchanged
 */
export function toMqError(error: unknown, what: string): unknown {
  if (error instanceof RemotingConnectError) {
    return mqError(
      MqErrorCode.CONNECT_FAILED,
      error,
      what,
      'Check that the server runs and that its address can be reached',
    );
  }
  if (error instanceof RemotingTimeoutError) {
    return mqError(MqErrorCode.TIMED_OUT, error, what, 'The server may have acted on the request');
  }
  if (error instanceof RemotingSendError) {
    return mqError(MqErrorCode.CONNECTION_LOST, error, what, 'The server may have acted on the request');
  }
  if (error instanceof RemotingTooMuchRequestError) {
    return mqError(MqErrorCode.TOO_MANY_REQUESTS, error, what, 'Wait for earlier calls before making more');
  }
  return error;
}

function mqError(
  code: MqErrorCode,
  cause: { message: string; address: string },
  what: string,
  advice: string,
): MqError {
  return new MqError(code, `${what} failed: ${cause.message}`, { address: cause.address, cause, advice });
}

/** The error that a response with an error code means. */
export function responseError(requestCode: number, response: RemotingCommand, address: string): MqError {
  const remark = response.remark ?? '';
  const message = `${address} answered ${requestCodeName(requestCode)} with ${responseCodeName(response.code)} (${response.code}): ${remark}`;
  const advice = adviceOf(response.code);
  return new MqError(MqErrorCode.RESPONSE_ERROR, message, {
    address,
    response: { code: response.code, remark },
    ...(advice === undefined ? {} : { advice }),
  });
}

/** What helps against the answers people meet most. */
function adviceOf(responseCode: number): string | undefined {
  switch (responseCode) {
    case ResponseCode.SYSTEM_BUSY:
    case ResponseCode.FLOW_CONTROL:
      return 'The server is overloaded: try again after a pause, or spread the load';
    case ResponseCode.TOPIC_NOT_EXIST:
      return 'Create the topic (centaurmq-admin updateTopic) or allow autoCreateTopicEnable on the broker';
    case ResponseCode.NO_PERMISSION:
      return 'Check the permission of the topic and of the broker';
    case ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST:
      return 'Create the group or allow autoCreateSubscriptionGroup on the broker';
    case ResponseCode.SERVICE_NOT_AVAILABLE:
      return 'The broker does not take messages now: its disk is full, it shuts down, or it is a slave';
    case ResponseCode.REQUEST_CODE_NOT_SUPPORTED:
      return 'This server does not know the request: check that the address is the right kind of server';
    default:
      return undefined;
  }
}
