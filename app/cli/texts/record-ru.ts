/** Что говорит `callme record`. */
import type { recordEn } from './record-en.ts';

export const recordRu: typeof recordEn = {
  pause: 'писать тишину в запись идущего звонка до команды `callme record resume`',
  resume: 'продолжить запись звонка после паузы',
  id: 'звонок: main/1790.17 или один linkedid',
  examplePause: 'клиент диктует номер карты',
  exampleResume: 'он его продиктовал',
  done: { pause: (call) => `Запись звонка ${call} на паузе: в файл идёт тишина.`, resume: (call) => `Запись звонка ${call} продолжается.` },
  would: { pause: (call) => `Запись звонка ${call} была бы поставлена на паузу.`, resume: (call) => `Запись звонка ${call} была бы продолжена.` },
  refused: {
    NO_CALL: (call) => `идущего звонка ${call} нет`,
    NO_RECORDING: (call) => `в звонке ${call} сейчас ничего не записывается`,
    OTHER_RECORDER: (call) => `на том же канале звонок ${call} записывает ещё одна программа`,
    PBX_REFUSED: (call) => `АТС отказала для звонка ${call}`,
    PBX_AWAY: (call) => `АТС звонка ${call} не отвечает`,
  },
  remedies: {
    NO_CALL: 'идущие звонки показывает callme calls list; сервер callme serve должен работать',
    NO_RECORDING: 'на паузу ставится только то, что записывается: callme calls show ID',
    OTHER_RECORDER: 'Asterisk ставит на паузу все записи канала сразу либо не ту: пусть пишет одна программа (FreePBX: запись звонков «No» или «Never»)',
    PBX_REFUSED: 'manager.conf: пользователю CallMe нужно write = system,call; либо звонок только что закончился',
    PBX_AWAY: 'что со связью, скажет callme doctor',
  },
};
