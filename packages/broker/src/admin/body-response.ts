import {
  type Body,
  type ExtFields,
  type RemotingCommand,
  ResponseCode,
  responseTo,
} from '@centaurmq/protocol';

/** SUCCESS with a body. */
export function bodyResponse<T>(
  request: RemotingCommand,
  body: Body<T>,
  value: T,
  extFields?: ExtFields,
): RemotingCommand {
  return responseTo(request, ResponseCode.SUCCESS, {
    body: body.encode(value),
    ...(extFields === undefined ? {} : { extFields }),
  });
}

export function successResponse(request: RemotingCommand): RemotingCommand {
  return responseTo(request, ResponseCode.SUCCESS, {});
}

export function errorResponse(request: RemotingCommand, code: number, remark: string): RemotingCommand {
  return responseTo(request, code, { remark });
}
