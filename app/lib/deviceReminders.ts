// How this device reminds its user: by push notifications if Expo gives it a token, otherwise by notifications that the
// app plans itself, from the inventory that it received last.
import AsyncStorage from '@react-native-async-storage/async-storage';
import { onlineManager, type QueryClient } from '@tanstack/react-query';

import { addDays, dayOf } from './dates';
import type { Messages } from './i18n/ko';
import { type Lot, listInventory } from './inventory';
import { problemOf, take } from './problem';
import { cancelPlanned, isAllowed, placeNotification, pushToken } from './push';
import { loadReminders, type Reminders, setReminders, zone } from './reminders';
import type { Supabase } from './supabase';

type Texts = Messages['settings']['reminders'];
export type Planned = { at: Date; title: string; body: string };
/** `start` registers the device again, as Expo's token may change; `asked` may ask the user for permission. */
export type Occasion = 'start' | 'wake' | 'inventory' | 'asked';

/** Where the device's token is stored as long as it is registered. */
const TOKEN = 'push-token';
/** When the notifications are planned for, and when the latest one was shown, in milliseconds since 1970. */
const PLANNED = 'planned-reminders';
/** The day on which a user last signed out of a registered device. */
const LEFT = 'push-token-left';
/** iOS keeps 64 notifications of an app. */
const DAYS_AHEAD = 30;
const NAMES_SHOWN = 5;
const LONGEST_NAME = 30;
export const INVENTORY = ['inventory', 'list'];

/** One notification for each day on which something is due, by the server's rules, in the time zone of the device. */
export function plan(settings: Reminders, lots: readonly Lot[], texts: Texts, now: Date, lastDay: string): Planned[] {
  const { quiet_from: from, quiet_until: until, days_before } = settings;
  const time = from && until && isQuiet(settings.time_of_day, from, until) ? until : settings.time_of_day;
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const planned: Planned[] = [];
  for (let ahead = 0; ahead < DAYS_AHEAD; ahead += 1) {
    const at = new Date(now.getFullYear(), now.getMonth(), now.getDate() + ahead, hour, minute);
    const day = dayOf(at);
    if (at <= now || day <= lastDay) continue;
    // What passed its date yesterday is mentioned once more.
    const [first, last] = [addDays(day, -1), addDays(day, days_before)];
    const due = lots
      .flatMap(({ name, expires_on }) => (expires_on && expires_on >= first && expires_on <= last ? { name, expires_on } : []))
      .sort((a, b) => a.expires_on.localeCompare(b.expires_on) || a.name.localeCompare(b.name));
    if (!due.length) continue;
    const shown = due.slice(0, NAMES_SHOWN).map(({ name, expires_on }) => texts.due(shortened(name), expires_on, day));
    const rest = due.length - shown.length;
    planned.push({ at, title: texts.dueTitle(due.length), body: shown.join(', ') + (rest ? texts.dueMore(rest) : '') });
  }
  return planned;
}

function isQuiet(time: string, from: string, until: string): boolean {
  return from < until ? time >= from && time < until : time >= from || time < until;
}

function shortened(name: string): string {
  const characters = [...name.replace(/\s+/g, ' ').trim()];
  return characters.length <= LONGEST_NAME ? characters.join('') : `${characters.slice(0, LONGEST_NAME - 1).join('')}…`;
}

export class DeviceReminders {
  /** One refresh at a time. */
  private turn: Promise<unknown> = Promise.resolve();
  /** Counts the ends of sessions: what was begun before one plans nothing after it. */
  private ends = 0;
  private placing: Promise<unknown> = Promise.resolve();
  /** As the server gave them last: null if the user has set none, undefined as long as they are not known. */
  private settings: Reminders | null | undefined;
  /** What this start of the app has planned, as text. */
  private placed: string | undefined;

  constructor(
    private readonly supabase: Supabase,
    private readonly queries: QueryClient,
  ) {}

  /** Returns whether the user allows notifications, or wants none. `settings` are loaded if not given. */
  refresh(texts: Texts, occasion: Occasion, settings?: Reminders): Promise<boolean> {
    const { ends } = this;
    const result = this.turn.then(() => this.refreshNow(texts, occasion, ends, settings));
    this.turn = result.catch(() => {});
    return result;
  }

  /** Before the user signs out. Without a connection the server keeps the token until another user registers it. */
  async forget(): Promise<void> {
    await this.cancel();
    const token = await AsyncStorage.getItem(TOKEN);
    if (!token) return;
    await AsyncStorage.removeItem(TOKEN);
    await AsyncStorage.setItem(LEFT, dayOf(new Date()));
    await take(this.supabase.rpc('remove_push_token', { token })).catch(() => {});
  }

  /** Without a session nothing is shown: the names are the user's. */
  async cancel(): Promise<void> {
    this.ends += 1;
    this.settings = undefined;
    await this.placing.catch(() => {});
    await this.place([], this.ends);
  }

  private async refreshNow(texts: Texts, occasion: Occasion, ends: number, given?: Reminders): Promise<boolean> {
    const settings = given ?? (occasion === 'inventory' ? this.settings : await this.load(texts));
    if (ends !== this.ends) return true;
    this.settings = settings;
    // Without a connection at the start, what an earlier start has planned stays.
    if (settings === undefined) return true;
    if (!settings?.is_enabled) {
      await this.place([], ends);
      return true;
    }
    // The server sends to registered devices.
    if (occasion !== 'start' && occasion !== 'asked' && (await AsyncStorage.getItem(TOKEN))) return true;
    if (!(await isAllowed(texts.title, occasion === 'asked'))) return false;
    if (occasion !== 'inventory' && (await this.register(ends))) {
      await this.place([], ends);
      return true;
    }
    const lots = await this.lots(occasion);
    if (lots) {
      const now = new Date();
      const shown = await lastShown(now);
      // On the day that the device left, the server may have reminded it.
      const days = [shown ? dayOf(new Date(shown)) : '', (await AsyncStorage.getItem(LEFT)) ?? ''];
      await this.place(plan(settings, lots, texts, now, days.sort().at(-1)!), ends);
    }
    return true;
  }

  /** The settings, in the language and the time zone that this device has now. */
  private async load({ language }: Texts): Promise<Reminders | null> {
    const settings = await loadReminders(this.supabase);
    const time_zone = zone();
    if (!settings?.is_enabled || (settings.time_zone === time_zone && settings.language === language)) return settings;
    return setReminders(this.supabase, { time_zone, language }).catch(() => settings);
  }

  /** Returns whether the server may send to this device. */
  private async register(ends: number): Promise<boolean> {
    const now = new Date();
    const before = await AsyncStorage.getItem(TOKEN);
    const shown = await lastShown(now);
    // A reminder of the app was shown today: from tomorrow on those of the server are.
    if (!before && shown && dayOf(new Date(shown)) === dayOf(now)) return false;
    // No project at Expo, no connection, or a phone without Google's services.
    const token = await pushToken().catch(() => null);
    if (!token || ends !== this.ends) return before !== null;
    // First, as the server may have received what has no response.
    await AsyncStorage.setItem(TOKEN, token);
    try {
      await take(this.supabase.rpc('register_push_token', { token }));
    } catch (error) {
      // Unless it certainly refused the token, the server may send.
      if (before || problemOf(error).retryable) throw error;
      await AsyncStorage.removeItem(TOKEN);
      return false;
    }
    return true;
  }

  /** Undefined if they are not known and cannot be fetched. */
  private async lots(occasion: Occasion): Promise<Lot[] | undefined> {
    const state = this.queries.getQueryState<Lot[]>(INVENTORY);
    const isKnown = state?.data !== undefined && !state.isInvalidated && occasion !== 'wake';
    if (isKnown || !onlineManager.isOnline()) return state?.data;
    // Not through the client: it would wait for a connection that was just lost.
    const lots = await listInventory(this.supabase);
    this.queries.setQueryData(INVENTORY, lots);
    return lots;
  }

  private async place(planned: Planned[], ends: number): Promise<void> {
    const text = JSON.stringify(planned);
    if (text === this.placed || ends !== this.ends) return;
    this.placing = this.placeAll(planned, ends);
    await this.placing;
    this.placed = text;
  }

  private async placeAll(planned: Planned[], ends: number): Promise<void> {
    this.placed = undefined;
    const shown = await lastShown(new Date());
    await cancelPlanned();
    const times = planned.map(({ at }) => at.getTime());
    await AsyncStorage.setItem(PLANNED, JSON.stringify(shown ? [shown, ...times] : times));
    for (const { at, title, body } of planned) if (ends === this.ends) await placeNotification(at, title, body);
  }
}

/** When the app's latest notification was shown. */
async function lastShown(now: Date): Promise<number | undefined> {
  const times: number[] = JSON.parse((await AsyncStorage.getItem(PLANNED)) ?? '[]');
  return times.filter((time) => time <= now.getTime()).at(-1);
}
