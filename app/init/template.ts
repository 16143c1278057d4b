/** The first configuration: complete enough to start from, every key explained where it stands. */
export interface Fresh { readonly dataDir: string; readonly secret: string; readonly token: string }

export function freshConfig({ dataDir, secret, token }: Fresh): string {
  return `# CallMe. Check after every change: callme config check; what is in force: callme config explain.
# Instead of a secret you may write "\${env:NAME}" or "\${file:PATH}". Every key can be overridden by the environment: CALLME__WEB__LISTEN=...

dataDir: ${JSON.stringify(dataDir)}
store: { url: "sqlite:callme.db" }        # relative to dataDir
log: { level: info }                      # trace, debug, info, warn, error, fatal, silent

phones:
  country: RU                             # how numbers without a country code are read
  internal: "^[0-9]{2,5}$"                # what an extension looks like

pbx:
  - id: main
    ami:
      host: 127.0.0.1
      port: 5038
      username: callme                    # the section in manager.conf (manager_custom.conf on FreePBX)
      secret: ${JSON.stringify(secret)}
      tls: false                          # must be true towards another machine
    recordings: /var/spool/asterisk/continuous
    external: ["^(PJSIP|SIP|IAX2|DAHDI)/trunk"]   # which channels lead outside: regular expressions for channel names
    lines: []                             # numbers to watch; empty = all
    # Where this Asterisk writes CEL and CDR, to fill in what happened while CallMe was away (docs/cdr.md):
    # cdr: { source: mysql, url: "mysql://callme:\${env:CDR_PASSWORD}@127.0.0.1/asteriskcdrdb" }      # FreePBX
    # cdr: { source: csv, cel: /var/log/asterisk/cel-custom/Master.csv, cdr: /var/log/asterisk/cdr-csv/Master.csv }

agi: { listen: "127.0.0.1:4573", allow: ["127.0.0.1"], deadlineMs: 800 }   # a caller never waits longer than this

web:
  listen: "127.0.0.1:8080"
  # publicUrl: "https://pbx.example.org/callme"     # how the CRM reaches recordings and webhooks
  tokens: [${JSON.stringify(token)}]      # who may use the API
  # trustProxy: ["127.0.0.1"]            # the web server in front of CallMe (docs/http.md)

# One entry per CRM. Drivers and their keys: docs/crm/
crm: []
#  - id: b24
#    driver: bitrix24
#    url: "\${env:B24_WEBHOOK}"            # https://portal.example.org/rest/1/secret/

# Your people: extension and, per account, the id of the user in that CRM.
employees: []
#  - { extension: "219", name: "Anna", crm: { b24: 7 } }
#  - { extension: "220", name: "Boris", crm: { b24: 8 }, mobile: ["+79161112233"], card: answer }     # his own telephone outside; his card opens with the talk

cards:
  mode: ringing                           # a CRM's card opens with the ring, with the talk (answer), or never
  extensions: []                          # who may see cards; empty = everybody

# To try it out with two desk phones: calls between extensions are told as calls of testPhone. Off in production.
# debug: { processInternalCalls: true, testPhone: "79991234567" }

routing:
  mode: crm_responsible                   # or static_mapping (lines below decide)
  ringSeconds: 20
  fallback: "default"                     # the dialplan's own way, or an extension
  lines: {}                               # { "74951234567": "219" }

recording: { bitrateKbps: 64, channels: mono, keepWavDays: 0, keepMp3Days: 90, minFreeMb: 500 }
`;
}
