import { type RemotingCommand, ResponseCode, parseFastJson, requestCodeName } from '@centaurmq/protocol';
import { RemotingError } from '@centaurmq/remoting';

/**
 * Reads a JSON body and makes of it what `convert` says.
 * @throws RemotingError SYSTEM_ERROR naming the request and what is wrong with its body
 */
export function requestBody<Value>(request: RemotingCommand, convert: (json: unknown) => Value): Value {
  try {
    return convert(parseFastJson(Buffer.from(request.body).toString()));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RemotingError(
      ResponseCode.SYSTEM_ERROR,
      `the body of ${requestCodeName(request.code)} cannot be read: ${reason}`,
      { cause },
    );
  }
}
