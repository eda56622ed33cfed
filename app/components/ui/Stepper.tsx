import { useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { Field } from './Field';
import { IconButton } from './IconButton';
import { Minus, Plus } from './icons';
import { useColor } from './scheme';
import { space } from './theme';
import { useMessages } from '@/lib/i18n';

type Props = {
  label: string;
  value: number;
  /** Undefined while the text is not a number in the range. */
  onChange: (value: number | undefined) => void;
  /** The minimum; just above zero by default. */
  least?: number;
  most?: number;
  testID?: string;
};

/** A quantity: typed, or stepped up and down by one. A text out of range stays, with the reason below it. */
export function Stepper({ label, value, onChange, least = 0.01, most = 999_999, testID }: Props) {
  const color = useColor();
  const m = useMessages();
  const [typed, setTyped] = useState<string | null>(null);
  const set = (next: number) => {
    setTyped(null);
    onChange(Math.round(Math.min(most, Math.max(least, next)) * 100) / 100);
  };
  const write = (text: string) => {
    setTyped(text);
    onChange(numberOf(text, least, most));
  };
  const wrong = typed !== null && numberOf(typed, least, most) === undefined;
  return (
    <View style={styles.row}>
      <View style={styles.grow}>
        <Field
          label={label}
          value={typed ?? String(value)}
          onChangeText={write}
          onBlur={() => wrong || setTyped(null)}
          problem={wrong ? m.common.range(least, most) : null}
          inputMode="decimal"
          testID={testID}
        />
      </View>
      <IconButton icon={Minus} label={`${label} ${m.common.less}`} onPress={() => set(value - 1)} tint={color.brand} disabled={value <= least} />
      <IconButton icon={Plus} label={`${label} ${m.common.more}`} onPress={() => set(value + 1)} tint={color.brand} disabled={value >= most} />
    </View>
  );
}

/** The number that a user typed, if it is in the range: 1,000 is a thousand, and 1,5 is one and a half. */
export function numberOf(text: string, least: number, most: number): number | undefined {
  // Korean keyboards also type digits of full width.
  const typed = text.normalize('NFKC').trim();
  const plain = /^[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(typed) ? typed.replaceAll(',', '') : typed.replace(',', '.');
  const number = Number(plain);
  return /^[\d.]+$/.test(plain) && number >= least && number <= most ? number : undefined;
}

const styles = StyleSheet.create({ row: { flexDirection: 'row', alignItems: 'flex-end', gap: space.xs }, grow: { flex: 1, minWidth: 0 } });
