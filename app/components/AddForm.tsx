import { useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { Button } from './Button';
import { categoryIcon } from './categoryIcons';
import { CategoryPicker } from './CategoryPicker';
import { Badge } from './Chip';
import { DateField } from './DateField';
import { Field } from './Field';
import { Plus } from './icons';
import { Label } from './Label';
import { Stepper } from './Stepper';
import { StorageChoice } from './StorageChoice';
import { color, space } from './theme';
import { addDays } from '@/lib/dates';
import { categoryName, useLanguage } from '@/lib/i18n';
import type { Estimate, NewLot } from '@/lib/inventory';
import type { Category, Storage } from '@/lib/receipts';

type Props = {
  name: string;
  category: string | null;
  storage: Storage | null;
  /** The date in the code, which wins over the estimate. */
  packageDate: string | null;
  estimate: Estimate | null;
  categories: readonly Category[];
  today: string;
  busy: boolean;
  onAdd: (lot: NewLot, estimate: Estimate | null) => void;
};

/** What is put into the inventory without a receipt. */
export function AddForm(props: Props) {
  const { categories, today, busy, onAdd } = props;
  const { m, language } = useLanguage();
  const [name, setName] = useState(props.name);
  const [category, setCategory] = useState(props.category);
  const [storage, setStorage] = useState(props.storage);
  const [quantity, setQuantity] = useState(1);
  const [date, setDate] = useState(props.packageDate);
  const [choosing, setChoosing] = useState(props.category === null);
  const [tried, setTried] = useState(false);
  const chosen = categories.find(({ code }) => code === category);
  // The estimate is that of the product where it is usually kept.
  const estimate = category === props.category && storage === props.storage ? props.estimate : null;
  const shown = date ?? (estimate && addDays(today, estimate.min_days));

  const add = () => {
    setTried(true);
    if (name.trim() && category) onAdd({ name: name.trim(), category, quantity, storage, packageDate: date }, estimate);
  };

  return (
    <View style={styles.form} testID="add-form">
      <Field
        label={m.barcode.name}
        value={name}
        onChangeText={setName}
        maxLength={200}
        problem={tried && !name.trim() ? m.barcode.nameNeeded : null}
        testID="barcode-name"
      />
      {chosen ? (
        <View style={styles.row}>
          <View style={styles.category}>
            <Badge tone="brand" icon={categoryIcon(chosen.code)} text={categoryName(chosen, language)} />
          </View>
          <Button compact look="quiet" title={m.barcode.changeCategory} onPress={() => setChoosing(!choosing)} testID="change-category" />
        </View>
      ) : (
        <Label tint={tried ? color.danger : color.soft} role={tried ? 'alert' : undefined}>
          {m.barcode.chooseCategory}
        </Label>
      )}
      {choosing ? (
        <CategoryPicker
          categories={categories}
          selected={category}
          onSelect={(code) => {
            setCategory(code);
            setStorage(categories.find((each) => each.code === code)?.default_storage ?? null);
            setChoosing(false);
          }}
        />
      ) : null}
      <Stepper label={m.editor.quantity} value={quantity} onChange={setQuantity} testID="add-quantity" />
      <StorageChoice value={storage} onChange={setStorage} />
      <DateField
        label={m.editor.useBy}
        value={shown}
        hint={date ? m.editor.printed : shown ? m.editor.estimated : ''}
        onChange={setDate}
      />
      <Button icon={Plus} title={m.barcode.add} onPress={add} busy={busy} testID="barcode-add" />
    </View>
  );
}

const styles = StyleSheet.create({
  form: { gap: space.l },
  row: { flexDirection: 'row', alignItems: 'center', gap: space.s },
  category: { flexShrink: 1 },
});
