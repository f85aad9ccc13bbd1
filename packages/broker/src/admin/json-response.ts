import {
  type ExtFields,
  type RemotingCommand,
  ResponseCode,
  responseTo,
  writeJson,
} from '@centaurmq/protocol';

/** SUCCESS with a JSON body. A `Map` with objects as keys is written as fastjson does. */
export function jsonResponse(
  request: RemotingCommand,
  body: unknown,
  extFields?: ExtFields,
): RemotingCommand {
  return responseTo(request, ResponseCode.SUCCESS, {
    body: Buffer.from(writeJson(body)),
    ...(extFields === undefined ? {} : { extFields }),
  });
}

export function successResponse(request: RemotingCommand): RemotingCommand {
  return responseTo(request, ResponseCode.SUCCESS, {});
}

export function errorResponse(request: RemotingCommand, code: number, remark: string): RemotingCommand {
  return responseTo(request, code, { remark });
}
