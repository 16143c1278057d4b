/** Asterisk's own settings for one run: where things are, which modules stay out, logs, sound ports. */
import type { Place } from '../place.ts';
import { bookFiles } from './books.ts';
import { serviceFiles } from './services.ts';

export type ConfigurationFiles = Readonly<Record<string, string>>;

/** Modules that need hardware, servers or settings that the lab has not: left in, they fill the log with errors. */
const LEFT_OUT = new RegExp('^('
  + 'chan_(?!pjsip|bridge_media|rtp)|pbx_(ael|lua|dundi)|(res_|func_)(config_)?(odbc|ldap|pgsql|mysql|sqlite3?)|res_config_sqlite3|cdr_(?!csv)|cel_(?!manager|custom)'
  + '|res_(ari|calendar|snmp|corosync|xmpp|hep|phoneprov|prometheus|smdi|http_media|stun|geolocation|aeap|speech_aeap|stir_shaken|fax)'
  + '|res_pjsip_(phoneprov|stir_shaken|geolocation|notify|config_wizard)|res_(resolver_unbound|statsd|stasis_broadcast|clialiases|websocket_client|adsi)'
  + '|app_(voicemail_|minivm|festival|alarmreceiver|amd|agent_pool|adsiprog|getcpeid|stasis)|func_(odbc|speex)'
  + ')');

/** The run's folder stands at the same absolute path inside and outside; only the control socket is inside alone (108-byte limit of its path). */
function directories(place: Place, modules: string): string {
  const at = (name: string): string => `${place.folder}/${name}`;
  return `[directories]
astetcdir => ${at('etc')}
astmoddir => ${modules}
astvarlibdir => ${at('lib')}
astdbdir => ${at('lib')}
astkeydir => ${at('lib')}
astdatadir => /usr/share/asterisk
astagidir => /usr/share/asterisk/agi-bin
astspooldir => ${at('spool')}
astrundir => /run/asterisk
astlogdir => ${at('log')}
astsbindir => /usr/sbin
[options]
documentation_language = en_US
`;
}

export interface ModulesFolder { readonly path: string; readonly files: readonly string[] }

function modulesConf(files: readonly string[]): string {
  const out = files.filter((file) => LEFT_OUT.test(file)).map((file) => `noload => ${file}\n`);
  return `[modules]\nautoload=yes\n${out.join('')}`;
}

export function baseFiles(place: Place, modules: ModulesFolder): ConfigurationFiles {
  return {
    'asterisk.conf': directories(place, modules.path),
    'modules.conf': modulesConf(modules.files),
    'logger.conf': '[general]\n[logfiles]\nfull => notice,warning,error,verbose\nconsole => notice,warning,error\n',
    'rtp.conf': `[general]\nrtpstart=${place.rtpPorts[0]}\nrtpend=${place.rtpPorts[1]}\nstrictrtp=no\nicesupport=no\n`,
    'musiconhold.conf': `[general]\n[default]\nmode=files\ndirectory=${place.folder}/lib/labmoh\n`,
    ...bookFiles,
    ...serviceFiles,
    'http.conf': '[general]\nenabled=no\n',
  };
}
