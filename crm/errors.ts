/** Failures of technique in the trading room. A CRM's refusal is no failure: it is a Verdict. */
export type CrmFailureCode =
  /** No file of that name in `crm/drivers/`. */
  | 'CRM_UNKNOWN_DRIVER'
  /** The file is there but its default export is no driver, or carries another name. */
  | 'CRM_BAD_DRIVER'
  /** The CRM could not tell now who is calling. */
  | 'CRM_LOOKUP_FAILED'
  /** Somebody else does the same for this account right now, and takes long. */
  | 'CRM_BUSY'
  /** A token could not be renewed: an operator must consent again. */
  | 'CRM_TOKEN_DEAD';

export class CrmFailure extends Error {
  readonly code: CrmFailureCode;

  constructor(code: CrmFailureCode, message: string) {
    super(message);
    this.name = 'CrmFailure';
    this.code = code;
  }
}
