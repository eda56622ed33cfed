// The design system: colours that meet WCAG AA on their surfaces, and scales for spacing and sizes.
import { Platform } from 'react-native';

export const color = {
  page: '#f6f5f0',
  card: '#ffffff',
  line: '#e0ded5',
  text: '#1d231f',
  soft: '#5b635d',
  brand: '#17693f',
  onBrand: '#ffffff',
  brandSoft: '#e3f1e8',
  danger: '#b3261e',
  dangerSoft: '#fdecea',
  warn: '#8a4b00',
  warnSoft: '#fff1dc',
  notice: '#6b5900',
  noticeSoft: '#fbf5cf',
  idle: '#5b635d',
  idleSoft: '#eeede7',
  shade: 'rgba(20, 26, 22, 0.5)',
} as const;

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

export const tones: Record<Tone, { front: string; back: string }> = {
  brand: { front: color.brand, back: color.brandSoft },
  danger: { front: color.danger, back: color.dangerSoft },
  warn: { front: color.warn, back: color.warnSoft },
  notice: { front: color.notice, back: color.noticeSoft },
  idle: { front: color.idle, back: color.idleSoft },
};
