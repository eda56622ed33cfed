// The language of the screens: the phone's until the user chooses one.
import AsyncStorage from '@react-native-async-storage/async-storage';
import { getLocales } from 'expo-localization';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { Platform } from 'react-native';

import { dayOf, daysUntil } from '../dates';
import type { Problem } from '../problem';
import { en } from './en';
import { ko, type Messages } from './ko';

export type Language = 'ko' | 'en';
const LANGUAGES: Record<Language, Messages> = { ko, en };
const KEY = 'language';
/** A longer wait is due to a daily limit: limits per minute are renewed sooner. */
const MINUTE_S = 60;

type Value = { m: Messages; language: Language; choose: (language: Language) => void };
const Context = createContext<Value>({ m: ko, language: 'ko', choose: () => {} });

/** Korean unless the phone prefers English. */
export function preferred(codes: readonly (string | null)[]): Language {
  return codes.find((code) => code === 'ko' || code === 'en') === 'en' ? 'en' : 'ko';
}

export function LanguageProvider({ children, initial }: { children: ReactNode; initial?: Language }) {
  const [language, setLanguage] = useState<Language>(
    () => initial ?? preferred(getLocales().map(({ languageCode }) => languageCode)),
  );
  useEffect(() => {
    if (!initial) AsyncStorage.getItem(KEY).then((stored) => (stored === 'ko' || stored === 'en') && setLanguage(stored));
  }, [initial]);
  useEffect(() => {
    if (Platform.OS === 'web') document.documentElement.lang = language;
  }, [language]);
  const value = useMemo(
    () => ({
      m: LANGUAGES[language],
      language,
      choose: (chosen: Language) => {
        setLanguage(chosen);
        void AsyncStorage.setItem(KEY, chosen);
      },
    }),
    [language],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export const useLanguage = () => useContext(Context);
export const useMessages = () => useContext(Context).m;

export function words(m: Messages, problem: Problem | { code: string }): string {
  if (problem.code === 'rate_limited' && 'retryAfterS' in problem && problem.retryAfterS) {
    return m.rateLimited(m.duration(problem.retryAfterS), problem.retryAfterS > MINUTE_S);
  }
  if (problem.code === 'purchase_after_step' && 'day' in problem && problem.day) {
    return m.purchaseAfterStep(formatDay(problem.day, m === en ? 'en' : 'ko', dayOf(new Date())));
  }
  return m.problems[problem.code] ?? m.problems.fault;
}

/** Why a receipt failed, by its error code. */
export function receiptWords(m: Messages, code: string | null): string {
  return m.receiptProblems[code ?? ''] ?? m.problems.fault;
}

export function categoryName(category: { name_ko: string; name_en: string }, language: Language): string {
  return language === 'ko' ? category.name_ko : category.name_en;
}

/** 1월 21일 00:00, or 21 Jan, 00:00, in the phone's time zone. */
export function formatMoment(moment: string, language: Language): string {
  return new Intl.DateTimeFormat(language === 'ko' ? 'ko-KR' : 'en-GB', {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(moment));
}

/** Within this many days, a date shows its weekday and no year. */
export const NEAR_DAYS = 60;

/** 12월 31일 (수), or Wed, 31 Dec; further away 12월 31일, or 31 Dec, with the year unless it is the current one. */
export function formatDay(day: string, language: Language, today: string): string {
  const near = Math.abs(daysUntil(day.slice(0, 10), today)) <= NEAR_DAYS;
  return new Intl.DateTimeFormat(language === 'ko' ? 'ko-KR' : 'en-GB', {
    timeZone: 'UTC',
    month: 'short',
    day: 'numeric',
    ...(near ? { weekday: 'short' } : day.slice(0, 4) === today.slice(0, 4) ? {} : { year: 'numeric' }),
  }).format(new Date(`${day.slice(0, 10)}T00:00:00Z`));
}

/** 2026년 11월, or November 2026. */
export function formatMonth(month: string, language: Language): string {
  return new Intl.DateTimeFormat(language === 'ko' ? 'ko-KR' : 'en-GB', { timeZone: 'UTC', year: 'numeric', month: 'long' }).format(
    new Date(`${month}T00:00:00Z`),
  );
}

export function formatMoney(amount: number, currency: string, language: Language): string {
  if (currency === 'KRW') return LANGUAGES[language].won(amount);
  return new Intl.NumberFormat(language, { style: 'currency', currency, maximumFractionDigits: 0 }).format(amount);
}

/** Rounds to two decimals, enough for weights. */
export function formatQuantity(quantity: number, unit: string | null): string {
  const number = Math.round(quantity * 100) / 100;
  return unit ? `${number} ${unit}` : `×${number}`;
}
