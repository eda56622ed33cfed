import { useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { Field } from './Field';
import { IconButton } from './IconButton';
import { Minus, Plus } from './icons';
import { color, space } from './theme';
import { useMessages } from '@/lib/i18n';

type Props = {
  label: string;
  value: number;
  onChange: (value: number) => void;
  /** The minimum; just above zero by default. */
  least?: number;
  most?: number;
  testID?: string;
};

/** A quantity: typed, or stepped up and down by one. */
export function Stepper({ label, value, onChange, least = 0.01, most = 999_999, testID }: Props) {
  const m = useMessages();
  const [typed, setTyped] = useState<string | null>(null);
  const set = (next: number) => {
    setTyped(null);
    onChange(Math.round(Math.min(most, Math.max(least, next)) * 100) / 100);
  };
  const write = (text: string) => {
    setTyped(text);
    const number = Number(text.replace(',', '.'));
    if (text.trim() && Number.isFinite(number) && number >= least && number <= most) onChange(number);
  };
  return (
    <View style={styles.row}>
      <View style={styles.grow}>
        <Field
          label={label}
          value={typed ?? String(value)}
          onChangeText={write}
          onBlur={() => setTyped(null)}
          inputMode="decimal"
          testID={testID}
        />
      </View>
      <IconButton icon={Minus} label={`${label} ${m.common.less}`} onPress={() => set(value - 1)} tint={color.brand} disabled={value <= least} />
      <IconButton icon={Plus} label={`${label} ${m.common.more}`} onPress={() => set(value + 1)} tint={color.brand} disabled={value >= most} />
    </View>
  );
}

const styles = StyleSheet.create({ row: { flexDirection: 'row', alignItems: 'flex-end', gap: space.xs }, grow: { flex: 1, minWidth: 0 } });
