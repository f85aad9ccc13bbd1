// One request over one connection with nothing of ours in between, for what must be known before our own code is trusted.
import { connect } from 'node:net';

const requestTimeoutMillis = 5000;
const lengthWordBytes = 4;
const headerWordBytes = 4;
const headerLengthMask = 0x00ff_ffff;

export interface RawResponse {
  readonly code: number;
  readonly remark?: string;
  readonly extFields?: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Sends a request with a JSON header to `host:port` and resolves with its response. */
export function rawRequest(
  address: string,
  code: number,
  extFields: Readonly<Record<string, string>> = {},
  body: Uint8Array = Buffer.alloc(0),
): Promise<RawResponse> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port) }, () => {
      socket.write(encodeRequest(code, extFields, body));
    });
    socket.setTimeout(requestTimeoutMillis, () => {
      socket.destroy(new Error(`${address}: request ${code} was not answered in ${requestTimeoutMillis} ms`));
    });
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < lengthWordBytes) return;
      if (received.length < lengthWordBytes + received.readInt32BE(0)) return;
      resolve(decodeResponse(received));
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => {
      reject(new Error(`${address}: closed the connection before it answered request ${code}`));
    });
  });
}

function encodeRequest(code: number, extFields: Readonly<Record<string, string>>, body: Uint8Array): Buffer {
  const command = { code, language: 'JAVA', version: 479, opaque: 1, flag: 0, extFields };
  const header = Buffer.from(JSON.stringify(command));
  const words = Buffer.alloc(lengthWordBytes + headerWordBytes);
  words.writeInt32BE(headerWordBytes + header.length + body.length, 0);
  words.writeInt32BE(header.length, lengthWordBytes);
  return Buffer.concat([words, header, body]);
}

function decodeResponse(frame: Buffer): RawResponse {
  const headerLength = frame.readInt32BE(lengthWordBytes) & headerLengthMask;
  const headerStart = lengthWordBytes + headerWordBytes;
  const header: unknown = JSON.parse(frame.toString('utf8', headerStart, headerStart + headerLength));
  if (
    typeof header !== 'object' ||
    header === null ||
    !('code' in header) ||
    typeof header.code !== 'number'
  ) {
    throw new TypeError(`not a response header: ${JSON.stringify(header)}`);
  }
  return {
    ...header,
    code: header.code,
    body: frame.subarray(headerStart + headerLength, lengthWordBytes + frame.readInt32BE(0)),
  };
}
