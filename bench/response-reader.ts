/**
 * Reads HTTP/1.1 responses from a keep-alive connection with one request in flight: just enough of RFC 9112 to find the
 * end of a response (Content-Length, chunked, or no body) and its status.
 */
const carriageReturn = 13;
const lineFeed = 10;
const statusOffset = "HTTP/1.1 ".length;
const headEnd = Buffer.from("\r\n\r\n");
const contentLengthNames = [Buffer.from("\r\ncontent-length: "), Buffer.from("\r\nContent-Length: ")];

export type ResponseReader = {
  /** Takes the next bytes; true if they complete the response. Throws if they are not HTTP/1.1. */
  push(bytes: Buffer): boolean;
  /** Status of the current or just completed response. */
  status(): number;
  /** The body of the completed response: empty unless bodies are kept or the status is not 2xx. */
  body(): Buffer;
  /** Whether the server closes the connection after this response. */
  closes(): boolean;
};

export function createResponseReader(keepBodies: boolean): ResponseReader {
  const none = Buffer.alloc(0);
  let unread: Buffer = none;
  let inBody = false;
  let isChunked = false;
  let remainingBytes = 0;
  let status = 0;
  let keepsThisBody = false;
  let willClose = false;
  let parts: Buffer[] = [];
  let body: Buffer = none;

  function push(bytes: Buffer): boolean {
    if (inBody) return isChunked ? pushChunked(bytes) : pushCounted(bytes);
    const text = unread.length === 0 ? bytes : Buffer.concat([unread, bytes]);
    const headLength = text.indexOf(headEnd);
    if (headLength < 0) {
      unread = Buffer.from(text);
      return false;
    }
    unread = none;
    readHead(text, headLength);
    inBody = true;
    const rest = text.subarray(headLength + headEnd.length);
    return isChunked ? pushChunked(rest) : pushCounted(rest);
  }

  function readHead(text: Buffer, headLength: number): void {
    status = readNumber(text, statusOffset);
    if (status < 100) throw new Error(`Not an HTTP/1.1 answer: ${text.toString("latin1", 0, 80)}`);
    keepsThisBody = keepBodies || status >= 300;
    isChunked = false;
    remainingBytes = 0;
    willClose = false;
    const length = contentLength(text, headLength);
    if (length >= 0) remainingBytes = length;
    if (length < 0 || keepsThisBody) {
      // The rare path: only here is the head converted to a string.
      const head = text.toString("latin1", 0, headLength).toLowerCase();
      isChunked = /\r\ntransfer-encoding:\s*chunked/.test(head);
      willClose = /\r\nconnection:\s*close/.test(head);
      if (length < 0 && !isChunked && status !== 204 && status !== 304) {
        throw new Error(`Answer with neither Content-Length nor chunks: ${head}`);
      }
    }
  }

  function pushCounted(bytes: Buffer): boolean {
    remainingBytes -= bytes.length;
    if (remainingBytes < 0) throw new Error("The server sent more bytes than its Content-Length.");
    if (keepsThisBody && bytes.length > 0) parts.push(Buffer.from(bytes));
    return remainingBytes === 0 ? end(Buffer.concat(parts)) : false;
  }

  function pushChunked(bytes: Buffer): boolean {
    parts.push(Buffer.from(bytes));
    const decoded = decodeChunks(Buffer.concat(parts));
    return decoded === undefined ? false : end(decoded);
  }

  function end(wholeBody: Buffer): true {
    body = wholeBody;
    parts = [];
    inBody = false;
    return true;
  }

  return { push, status: () => status, body: () => body, closes: () => willClose };
}

function contentLength(text: Buffer, headLength: number): number {
  for (const name of contentLengthNames) {
    const at = text.indexOf(name);
    if (at >= 0 && at < headLength) return readNumber(text, at + name.length);
  }
  return -1;
}

function readNumber(text: Buffer, offset: number): number {
  let value = 0;
  for (let at = offset; at < text.length; at++) {
    const digit = (text[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

/** The joined chunks (RFC 9112 §7.1), or undefined if the last one has not arrived. Trailers are not expected. */
function decodeChunks(text: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.toString("latin1", at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error("A chunk without a size.");
    const start = lineEnd + 2;
    if (text.length < start + size + 2) return undefined;
    if (text[start + size] !== carriageReturn || text[start + size + 1] !== lineFeed) {
      throw new Error("A chunk of another length than announced.");
    }
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(text.subarray(start, start + size));
    at = start + size + 2;
  }
}
