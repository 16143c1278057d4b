import type { Texts } from './index.ts';

function counted(count: number, one: string, few: string, many: string): string {
  const [tens, ones] = [count % 100, count % 10];
  const word = tens >= 11 && tens <= 14 ? many : ones === 1 ? one : ones >= 2 && ones <= 4 ? few : many;
  return `${count} ${word}`;
}
const times = (count: number): string => counted(count, 'раз', 'раза', 'раз');
const deliveries = (count: number): string => counted(count, 'доставка', 'доставки', 'доставок');

export const outboxRu: Texts['outbox'] = {
  list: 'доставки, новые сверху: состояние, что дальше, почему',
  show: 'одна доставка: что она сообщает, что уже пробовали, что дальше',
  retry: 'попробовать сейчас то, что не доставлено, задержано или отложено',
  drop: 'отказаться от доставки навсегда',
  all: 'всё недоставленное и задержанное (учётной записи --account, если указана)',
  allDead: 'всё недоставленное (учётной записи --account, если указана)',
  retryAccount: 'всё недоставленное, задержанное и отложенное этой учётной записи: ID',
  dropAll: 'всё, что ещё не сообщено учётной записи --account: если её больше нет',
  state: 'только в этом состоянии',
  account: 'только эта учётная запись: ID',
  call: 'только этот звонок: АТС/LINKEDID',
  reason: 'почему, для истории: ТЕКСТ',
  id: 'доставка, как в outbox list',
  exampleDead: 'что требует человека',
  exampleRetry: 'после починки CRM: сразу, а не через минуту',
  exampleAllDead: 'когда причина у всех устранена',
  exampleDropAll: 'учётная запись убрана из настроек',
  head: ['доставка', 'состояние', 'CRM', 'звонок', 'факт', 'попытки', 'что дальше', 'почему'],
  none: 'Доставок нет.',
  more: (shown) => `Показаны последние: ${shown}. Больше — с --limit, выбрать — с --account, --state и --call.`,
  unknown: (id) => `нет доставки ${id} в покое`,
  unknownRemedy: 'см. callme outbox list (выполненная или идущая доставка остаётся как есть)',
  noSuch: (id) => `нет доставки ${id}`,
  noAccount: (id) => `нет учётной записи «${id}» ни в настройках, ни среди доставок`,
  noAccountRemedy: (known) => (known === '' ? 'добавьте учётные записи в раздел crm: настроек' : `одна из: ${known}`),
  retried: (number) => `Будет новая попытка: ${number}.`,
  wouldRetry: (number) => `Была бы новая попытка: ${number}.`,
  dropped: (id) => `${id}: доставка отменена.`,
  wouldDrop: (id) => `${id}: доставка была бы отменена.`,
  droppedAll: (number) => `Отменено: ${deliveries(number)}.`,
  wouldDropAll: (number) => `Было бы отменено: ${deliveries(number)}.`,
  which: 'укажите доставку, либо --account ID, --all-dead или --all',
  whichDrop: 'укажите доставку, либо --account ID вместе с --all',
  byOperator: 'отменено оператором',
  states: {
    pending: 'ждёт очереди', claimed: 'передаётся', done: 'сообщено', skipped: 'там это не нужно', deferred: 'отложено', held: 'задержано: CRM не пускает',
    dead: 'не доставлено', expired: 'уже поздно', dropped: 'отменено',
  },
  next: {
    turn: 'уйдёт, как только подойдёт очередь',
    at: (time) => `следующая попытка ${time}`,
    blocked: (account, time) => `уйдёт само, когда ${account} снова заработает${time === '' ? '' : `; проверим ${time}`}`,
    claimed: 'передаётся прямо сейчас',
    dead: (command) => `ничего, пока вы не решите: ${command}`,
    gone: 'ничего: учётной записи больше нет в настройках',
    perishes: (time) => `карточка: до ${time} или никогда`,
    nothing: 'ничего, дело закончено',
  },
  accounts: {
    title: 'учётные записи',
    works: 'работает',
    'locked-out': (since, looks, next) => `НЕ ПУСКАЕТ с ${since} (спросили ${times(looks)}, снова спросим ${next})`,
    unreachable: (since, looks, next) => `НЕ ОТВЕЧАЕТ с ${since} (спросили ${times(looks)}, снова спросим ${next})`,
    gone: 'больше нет в настройках',
    waits: (number, held, oldest) => (number === 0 ? ', ничего не ждёт.' : `, ${counted(number, 'доставка ждёт', 'доставки ждут', 'доставок ждут')}${held === 0 ? '' : ` (задержано: ${held})`}, самая старая с ${oldest}.`),
    said: (reason) => `Ответ: ${reason}`,
    dead: (number) => ` Вашего решения ${number % 10 === 1 && number % 100 !== 11 ? 'ждёт' : 'ждут'}: ${deliveries(number)}.`,
    lockedRemedy: (command) => `${command} скажет, чего не хватает: обновите токен или ключ, оплатите тариф, дайте права. Ничего не потеряно и попытки не тратятся; через минуту после исправления всё уйдёт само`,
    unreachableRemedy: (command) => `проверьте адрес и сеть (${command}). Ничего не потеряно: всё уйдёт само, когда CRM ответит`,
    deadRemedy: (command) => `посмотрите ${command}, устраните причину и повторите`,
    goneRemedy: (command) => `верните учётную запись в crm: или откажитесь от её доставок: ${command}`,
  },
  showing: {
    state: 'состояние', why: 'почему', next: 'что дальше', account: 'учётная запись', call: 'звонок', tells: 'сообщает', created: 'ждёт с', deadline: 'сообщить до, иначе никогда', tries: 'попытки', history: 'Что пробовали',
    noHistory: 'Ещё не пробовали.', fact: 'Факт, который она несёт',
    ends: {
      done: 'сообщено', skipped: 'там это не нужно', deferred: 'отложено', held: 'не пустили', dead: 'больше не пробуем', expired: 'уже поздно', lost: 'CallMe завершился посреди попытки; будет новая',
      retried: 'оператор отправил снова', dropped: 'оператор отменил',
    },
    took: (seconds) => `через ${seconds} с`,
  },
};
