import { StyleSheet, View } from 'react-native';

import { Button } from './Button';
import { DateInput } from './DateInput';
import { Label } from './Label';
import { useColor } from './scheme';
import { space } from './theme';

type Props = {
  label: string;
  value: string | null;
  hint: string;
  /** Whether the hint says what is wrong. */
  wrong?: boolean;
  onChange: (day: string) => void;
  /** The button beside the date input. */
  action?: { title: string; onPress: () => void; testID: string };
};

/** An optional use-by date. */
export function DateField({ label, value, hint, wrong, onChange, action }: Props) {
  const color = useColor();
  return (
    <View style={styles.field}>
      <Label kind="smallStrong" tint={color.soft} aria-hidden>
        {label}
      </Label>
      <View style={styles.row}>
        <DateInput label={label} value={value} onChange={onChange} testID="edit-date" />
        {action ? <Button compact look="quiet" {...action} /> : null}
      </View>
      {hint ? (
        <Label kind="small" tint={wrong ? color.danger : color.soft} role={wrong ? 'alert' : 'status'} testID="date-hint">
          {hint}
        </Label>
      ) : null}
    </View>
  );
}

const styles = StyleSheet.create({
  field: { gap: space.xs },
  row: { flexDirection: 'row', alignItems: 'center', flexWrap: 'wrap', gap: space.s },
});
