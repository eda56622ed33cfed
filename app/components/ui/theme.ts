// The design system: colours that meet WCAG AA on their surfaces, and scales for spacing and sizes.
import { Platform } from 'react-native';

const light = {
  page: '#f6f5f0',
  card: '#ffffff',
  line: '#e0ded5',
  field: '#8b918c',
  text: '#1d231f',
  soft: '#5b635d',
  brand: '#17693f',
  onBrand: '#ffffff',
  brandSoft: '#e3f1e8',
  brandBar: '#9dcbb1',
  danger: '#b3261e',
  onDanger: '#ffffff',
  dangerSoft: '#fdecea',
  warn: '#8a4b00',
  warnSoft: '#fff1dc',
  notice: '#6b5900',
  noticeSoft: '#fbf5cf',
  idle: '#5b635d',
  idleSoft: '#eeede7',
  toast: '#26302a',
  onToast: '#ffffff',
  shade: 'rgba(20, 26, 22, 0.5)',
};

export type Palette = typeof light;

const dark: Palette = {
  page: '#111512',
  card: '#1b201c',
  line: '#343b36',
  field: '#7f8a82',
  text: '#e8ebe6',
  soft: '#a9b2ab',
  brand: '#74d19b',
  onBrand: '#06210f',
  brandSoft: '#17331f',
  brandBar: '#2f6b47',
  danger: '#ff9c92',
  onDanger: '#3b0906',
  dangerSoft: '#451f1b',
  warn: '#ffbd70',
  warnSoft: '#3d2b12',
  notice: '#e4d26a',
  noticeSoft: '#353012',
  idle: '#b3bbb5',
  idleSoft: '#2a302c',
  toast: '#39433c',
  onToast: '#ffffff',
  shade: 'rgba(0, 0, 0, 0.65)',
};

export const palettes = { light, dark };

export const space = { xs: 4, s: 8, m: 12, l: 16, xl: 24, xxl: 40 } as const;
export const radius = { s: 8, m: 12, l: 16, round: 999 } as const;
export const size = { small: 13, text: 15, large: 17, title: 22, hero: 30 } as const;

/** The minimum touch target, in px. */
export const TOUCH = 44;
/** The minimum window width for two columns, in px. */
export const WIDE = 900;

export const fontFamily = Platform.select({
  web: "Pretendard, 'Apple SD Gothic Neo', 'Noto Sans KR', 'Noto Sans CJK KR', system-ui, sans-serif",
});

/** Korean breaks between words; a word longer than its line breaks anywhere. On iOS a property of Text does this. */
export const wrapping = Platform.select({ web: { wordBreak: 'keep-all', overflowWrap: 'anywhere' } as object });

export type Tone = 'brand' | 'danger' | 'warn' | 'notice' | 'idle';

export function toneOf(color: Palette, tone: Tone): { front: string; back: string } {
  return { front: color[tone], back: color[`${tone}Soft`] };
}
