/** What `callme record` says. */
export const recordEn = {
  pause: 'write silence into the recording of a running call until `callme record resume`',
  resume: 'let the recording of a paused call go on',
  id: 'the call: main/1790.17, or its linkedid alone',
  examplePause: 'the client reads his card number out',
  exampleResume: 'he has done so',
  done: { pause: (call: string) => `The recording of ${call} is paused: its file gets silence.`, resume: (call: string) => `The recording of ${call} goes on.` },
  would: { pause: (call: string) => `Would pause the recording of ${call}.`, resume: (call: string) => `Would let the recording of ${call} go on.` },
  refused: {
    NO_CALL: (call: string) => `there is no open call ${call}`,
    NO_RECORDING: (call: string) => `nothing is being recorded in the call ${call}`,
    OTHER_RECORDER: (call: string) => `another program records the call ${call} on the same channel`,
    PBX_REFUSED: (call: string) => `the PBX refused it for the call ${call}`,
    PBX_AWAY: (call: string) => `the PBX of the call ${call} does not answer`,
  },
  remedies: {
    NO_CALL: 'callme calls list shows the open calls; callme serve must be running',
    NO_RECORDING: 'only a call that is being recorded can be paused: callme calls show ID',
    OTHER_RECORDER: 'Asterisk pauses all recorders of a channel together, or the wrong one: let one program alone record (FreePBX: Call Recording "No" or "Never")',
    PBX_REFUSED: 'manager.conf: the user of CallMe needs write = system,call; or the call has just ended',
    PBX_AWAY: 'callme doctor says what is wrong with the link',
  },
};
