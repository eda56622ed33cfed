import * as Crypto from 'expo-crypto';
import { useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { categoryIcon } from '@/components/food/categoryIcons';
import { CategoryPicker } from '@/components/food/CategoryPicker';
import { StorageChoice } from '@/components/food/StorageChoice';
import { UseByField } from '@/components/food/UseByField';
import { Button } from '@/components/ui/Button';
import { Badge } from '@/components/ui/Chip';
import { Field } from '@/components/ui/Field';
import { Plus } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { Stepper } from '@/components/ui/Stepper';
import { useColor } from '@/components/ui/scheme';
import { space } from '@/components/ui/theme';
import { dayOf, isPlausibleUseBy } from '@/lib/dates';
import { categoryName, useLanguage, words } from '@/lib/i18n';
import type { NewLot } from '@/lib/inventory';
import { problemOf } from '@/lib/problem';
import { useSuggestion } from '@/lib/queries';
import type { Category } from '@/lib/receipts';
import type { Storage, Suggestion } from '@/lib/useBy';

type Props = {
  name: string;
  /** How many there are if a carton was scanned, otherwise 1. */
  quantity: number;
  category: string | null;
  /** Storage and date that are already suggestion for this name and category. */
  suggestion: Suggestion | undefined;
  /** The date in the barcode, which takes precedence over the estimate. */
  packageDate: string | null;
  categories: readonly Category[];
  busy: boolean;
  /** Why the last attempt to add it failed. */
  error: unknown;
  /** What is typed as the name. */
  onName?: (name: string) => void;
  onAdd: (lot: NewLot) => void;
};

/** The form that adds a lot to the inventory without a receipt. */
export function AddForm(props: Props) {
  const color = useColor();
  const { categories, busy, error, onAdd } = props;
  const { m, language } = useLanguage();
  // One id for all attempts, so that retries add one lot.
  const [inventoryId] = useState(Crypto.randomUUID);
  const [name, setName] = useState(props.name);
  const [category, setCategory] = useState(props.category);
  const [storage, setStorage] = useState<Storage>();
  const [quantity, setQuantity] = useState<number | undefined>(props.quantity);
  const [date, setDate] = useState(props.packageDate ?? undefined);
  const [choosing, setChoosing] = useState(props.category === null);
  const [submitted, setSubmitted] = useState(false);
  const chosen = categories.find(({ code }) => code === category);

  const query = category ? { name: name.trim(), category, ...(storage && { storage }) } : null;
  const suggestion = query?.name === props.name && category === props.category && !storage ? props.suggestion : undefined;
  const suggested = useSuggestion(query, suggestion);

  const implausible = date !== undefined && !isPlausibleUseBy(date, dayOf(new Date()));

  const add = () => {
    setSubmitted(true);
    if (!query?.name || quantity === undefined || implausible) return;
    onAdd({ inventory_id: inventoryId, ...query, quantity, ...(date && { expires_on: date }) });
  };

  return (
    <View style={styles.form} testID="add-form">
      <Field
        label={m.barcode.name}
        value={name}
        onChangeText={(text) => {
          setName(text);
          props.onName?.(text);
        }}
        maxLength={200}
        problem={submitted && !name.trim() ? m.barcode.nameNeeded : null}
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
        <Label tint={submitted ? color.danger : color.soft} role={submitted ? 'alert' : undefined}>
          {m.barcode.chooseCategory}
        </Label>
      )}
      {choosing ? (
        <CategoryPicker
          categories={categories}
          selected={category}
          onSelect={(code) => {
            setCategory(code);
            setStorage(undefined);
            setChoosing(false);
          }}
        />
      ) : null}
      <Stepper label={m.editor.quantity} value={quantity ?? props.quantity} onChange={setQuantity} testID="add-quantity" />
      <StorageChoice value={storage ?? suggested.data?.storage ?? chosen?.default_storage ?? null} onChange={setStorage} />
      <UseByField
        chosen={date}
        suggested={suggested}
        onChange={(day) => setDate(day ?? undefined)}
        problem={implausible ? m.problems.date_out_of_range : undefined}
      />
      {error ? (
        <View role="alert" testID="add-problem">
          <Label tint={color.danger}>{words(m, problemOf(error))}</Label>
          <Label tint={color.danger}>{m.barcode.notAdded}</Label>
        </View>
      ) : null}
      <Button icon={Plus} title={error ? m.common.retry : m.barcode.add} onPress={add} busy={busy} testID="barcode-add" />
    </View>
  );
}

const styles = StyleSheet.create({
  form: { gap: space.l },
  row: { flexDirection: 'row', alignItems: 'center', gap: space.s },
  category: { flexShrink: 1 },
});
