export type KitCode =
  /** The Asterisk configuration folder is not there, or is no folder. */
  | 'KIT_NO_FOLDER'
  /** A file of the folder is a link to somewhere else, a device, a folder. */
  | 'KIT_UNSAFE_FILE'
  /** Somebody changed what we wrote; doing as asked would lose that. */
  | 'KIT_FOREIGN_EDIT'
  /** The backup is missing or damaged. */
  | 'KIT_NO_BACKUP'
  /** The system refused to read or write. */
  | 'KIT_IO'
  /** A setting cannot stand in a dialplan. */
  | 'KIT_BAD_SETTING';

export class KitError extends Error {
  readonly code: KitCode;
  readonly remedy: string;

  constructor(code: KitCode, message: string, remedy = '') {
    super(message);
    this.name = 'KitError';
    this.code = code;
    this.remedy = remedy;
  }
}
