import { StyleSheet, View } from 'react-native';

import { Button } from './Button';
import { DateInput } from './DateInput';
import { Label } from './Label';
import { color, space } from './theme';
import { useMessages } from '@/lib/i18n';

type Props = { label: string; value: string | null; hint: string; onChange: (day: string | null) => void };

/** A use-by date, which may be none. */
export function DateField({ label, value, hint, onChange }: Props) {
  const m = useMessages();
  return (
    <View style={styles.field}>
      <Label kind="smallStrong" tint={color.soft} aria-hidden>
        {label}
      </Label>
      <View style={styles.row}>
        <DateInput label={label} value={value} onChange={onChange} testID="edit-date" />
        {value ? <Button compact look="quiet" title={m.editor.clearDate} onPress={() => onChange(null)} testID="clear-date" /> : null}
      </View>
      {hint ? (
        <Label kind="small" tint={color.soft}>
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
