// Limits that keep a hostile file from costing more than a clear refusal.

/** Bytes and counts; a disclosure of a large department stays far below all of them. */
export const limits = {
  /** A file as given (refused by its size alone, before it is opened). */
  fileBytes: 50 << 20,
  textBytes: 8 << 20,
  /** Lines of a text, and signs of one line. */
  lines: 50_000,
  lineLength: 50_000,
  htmlBytes: 16 << 20,
  /** Sum of unpacked parts of a ZIP, DOCX or XLSX, and one part. */
  unpackedBytes: 96 << 20,
  partBytes: 40 << 20,
  /** Packed to unpacked beyond which a part of more than 1 MB is taken for a bomb. */
  ratio: 250,
  /** One packed stream of a PDF, and all of them together. */
  streamBytes: 32 << 20,
  streamsBytes: 96 << 20,
  parts: 5000,
  /** Files of an archive that are read. */
  archiveFiles: 100,
  pages: 400,
  /** Text items and rulings per page. */
  itemsPerPage: 60_000,
  cells: 600_000,
  depth: 200,
  /** Milliseconds without progress and altogether. */
  stall: 3_500,
  total: 30_000,
  /** Resident memory of the process, and heap of the worker, in MB. */
  residentMb: 480,
  heapMb: 288,
} as const;

export type FileErrorCode =
  | 'not-found'
  | 'unreadable'
  | 'empty'
  | 'too-large'
  | 'unsupported'
  | 'damaged'
  | 'encrypted'
  | 'malicious'
  | 'timeout'
  | 'memory'
  | 'scanned'
  | 'not-a-disclosure';

/** A file that cannot be read, with a sentence for the person who gave it. */
export class FileError extends Error {
  code: FileErrorCode;
  constructor(code: FileErrorCode, message: string) {
    super(message);
    this.name = 'FileError';
    this.code = code;
  }
}
