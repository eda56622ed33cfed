import type { LucideIcon } from 'lucide-react-native';
import { useRef } from 'react';
import { ActivityIndicator, Pressable, StyleSheet, type ViewStyle } from 'react-native';

import { Label } from './Label';
import { useColor } from './scheme';
import { type Palette, radius, space, TOUCH } from './theme';

type Look = 'primary' | 'secondary' | 'danger' | 'dangerQuiet' | 'quiet';

function coloursOf(look: Look, color: Palette) {
  const bare = { backgroundColor: 'transparent', borderColor: 'transparent' };
  const card = { backgroundColor: color.card, borderColor: color.line };
  return {
    primary: { front: color.onBrand, back: { backgroundColor: color.brand, borderColor: color.brand } },
    secondary: { front: color.text, back: card },
    danger: { front: color.danger, back: card },
    dangerQuiet: { front: color.danger, back: bare },
    quiet: { front: color.brand, back: bare },
  }[look];
}

export type ButtonProps = {
  title: string;
  /** Further presses are ignored until a returned promise is settled. */
  onPress: () => void | Promise<unknown>;
  testID?: string;
  look?: Look;
  icon?: LucideIcon;
  /** Shows a spinner and ignores further presses. */
  busy?: boolean;
  disabled?: boolean;
  compact?: boolean;
  /** For screen readers, where the title alone is ambiguous. */
  label?: string;
  style?: ViewStyle;
};

export function Button(props: ButtonProps) {
  const { title, onPress, testID, look = 'primary', icon: Icon, busy, disabled, compact, label, style } = props;
  const { front, back } = coloursOf(look, useColor());
  // The second press of a double tap may come before the first has rendered anything.
  const working = useRef(false);
  const press = () => {
    if (busy || working.current) return;
    const work = onPress();
    if (!work) return;
    const end = () => {
      working.current = false;
    };
    working.current = true;
    work.then(end, end);
  };
  return (
    <Pressable
      role="button"
      aria-label={label ?? title}
      aria-disabled={busy || disabled}
      aria-busy={busy}
      // A disabled button would lose the focus.
      disabled={disabled}
      onPress={press}
      testID={testID}
      style={({ pressed }) => [
        styles.button,
        compact && styles.compact,
        back,
        (pressed || disabled) && styles.faint,
        style,
      ]}
    >
      {busy ? <ActivityIndicator size="small" color={front} aria-hidden /> : Icon && <Icon size={compact ? 16 : 20} color={front} />}
      <Label kind={compact ? 'smallStrong' : 'strong'} tint={front} style={styles.title}>
        {title}
      </Label>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  button: {
    minHeight: TOUCH + 4,
    borderRadius: radius.m,
    borderWidth: 1,
    paddingHorizontal: space.l,
    paddingVertical: space.s,
    flexDirection: 'row',
    alignItems: 'center',
    justifyContent: 'center',
    gap: space.s,
  },
  compact: { minHeight: TOUCH - 6, paddingHorizontal: space.s + 2, gap: space.xs + 2, borderRadius: radius.s },
  faint: { opacity: 0.6 },
  title: { textAlign: 'center', flexShrink: 1 },
});
