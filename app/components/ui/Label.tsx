import { Text, type TextProps } from 'react-native';

import { useColor } from './scheme';
import { fontFamily, size, wrapping } from './theme';

const kinds = {
  hero: { fontSize: size.hero, fontWeight: '800', lineHeight: 38 },
  title: { fontSize: size.title, fontWeight: '700', lineHeight: 30 },
  large: { fontSize: size.large, fontWeight: '600', lineHeight: 24 },
  text: { fontSize: size.text, fontWeight: '400', lineHeight: 22 },
  strong: { fontSize: size.text, fontWeight: '600', lineHeight: 22 },
  small: { fontSize: size.small, fontWeight: '400', lineHeight: 18 },
  smallStrong: { fontSize: size.small, fontWeight: '600', lineHeight: 18 },
} as const;

export type LabelProps = TextProps & { kind?: keyof typeof kinds; tint?: string };

/** Text in one of the theme's sizes. Titles are headings for screen readers. */
export function Label({ kind = 'text', tint, style, ...rest }: LabelProps) {
  const color = useColor();
  const heading = kind === 'title' || kind === 'hero';
  return (
    <Text
      role={heading ? 'heading' : undefined}
      lineBreakStrategyIOS="hangul-word"
      style={[kinds[kind], { color: tint ?? color.text, fontFamily }, wrapping, style]}
      {...rest}
    />
  );
}
