import { Fragment, type ReactNode, useRef, useState } from 'react';
import { View } from 'react-native';

import { AmountField } from './AmountField';
import { CategoryPicker } from '@/components/food/CategoryPicker';
import { StorageChoice } from '@/components/food/StorageChoice';
import { UseByField } from '@/components/food/UseByField';
import { Button } from '@/components/ui/Button';
import { Field } from '@/components/ui/Field';
import { Check, ScanBarcode } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { Sheet } from '@/components/ui/Sheet';
import { Stepper } from '@/components/ui/Stepper';
import { themed, useColor } from '@/components/ui/scheme';
import { radius, space } from '@/components/ui/theme';
import { wonIn } from '@/lib/corrections';
import { dayOf, isPlausibleUseBy } from '@/lib/dates';
import { categoryName, useLanguage } from '@/lib/i18n';
import { useItemSuggestion } from '@/lib/queries';
import { type Category, type Doubt, doubtsOf, EDITABLE, type Edit, edited, type Item } from '@/lib/receipts';

type Props = {
  item: Item;
  edit: Edit | undefined;
  purchasedOn: string;
  categories: readonly Category[];
  /** Sent to the server at once, which remembers it. */
  onCategory: (code: string) => void;
  onEdit: (changes: Edit) => void;
  /** Sent to the server at once; whether it has the amount. */
  onAmount: (won: number) => Promise<boolean>;
  /** Sent to the server at once: the user has checked what was in doubt. */
  onConfirm: () => void;
  onClose: () => void;
};

/**
 * Everything about a line item that the user may correct, what is in doubt first. Valid changes apply at once; invalid
 * ones disable Done and are lost if the editor is closed.
 */
export function ItemEditor({ item, edit, purchasedOn, categories, onCategory, onEdit, onAmount, onConfirm, onClose }: Props) {
  const color = useColor();
  const styles = useStyles();
  const { m, language } = useLanguage();
  const now = edited(item, edit);
  const suggested = useItemSuggestion(item, edit, purchasedOn);
  const category = categories.find(({ code }) => code === now.category);
  const likely = [item.prediction.category ?? [], item.alternatives.map(({ category }) => category)].flat();
  // Once an item is in the inventory, only its category is edited here; the rest is edited on its lot.
  const addable = item.status !== 'added';
  // The order stays while the user resolves the doubt.
  const [doubts] = useState(() => doubtsOf(item, edit));
  const [name, setName] = useState(now.name);
  const [quantityValid, setQuantityValid] = useState(true);
  const [wrongDate, setWrongDate] = useState<string | null>(null);
  const [amount, setAmount] = useState(item.amount === null ? '' : String(item.amount));
  const won = wonIn(amount);
  // An amount that was read can be corrected, not removed.
  const wrongAmount = won === undefined && (amount.trim() !== '' || item.amount !== null);
  const valid = !wrongAmount && (!addable || (name.trim() !== '' && quantityValid && wrongDate === null));
  // What was sent last: the item has it only after the response, and a press on Done leaves the field first.
  const sent = useRef({ won: item.amount, stored: Promise.resolve(true) });
  const sendAmount = () => {
    const before = sent.current;
    if (won === undefined || won === before.won) return before.stored;
    const stored = onAmount(won).then((isStored) => {
      if (!isStored && sent.current.won === won) sent.current = before;
      return isStored;
    });
    sent.current = { won, stored };
    return stored;
  };
  const rename = (text: string) => {
    setName(text);
    onEdit({ name: text.trim() || undefined });
  };
  const accept = (offer: NonNullable<Item['offer']>) => {
    rename(offer.name);
    if (offer.category && offer.category !== now.category) onCategory(offer.category);
  };
  const date = (day: string | null | undefined) => {
    const wrong = typeof day === 'string' && !isPlausibleUseBy(day, dayOf(new Date()));
    setWrongDate(wrong ? day : null);
    // Choosing the estimated day is not a change.
    if (!wrong) onEdit({ expires_on: day === suggested.data?.expires_on ? undefined : day });
  };

  const nameField = (
    <Field
      label={m.editor.name}
      value={name}
      onChangeText={rename}
      problem={name.trim() ? null : m.editor.nameNeeded}
      maxLength={200}
      testID="edit-name"
    />
  );
  const quantityFields = (
    <View style={styles.pair}>
      <View style={styles.grow}>
        <Stepper
          label={m.editor.quantity}
          value={now.quantity}
          onChange={(quantity) => {
            setQuantityValid(quantity !== undefined);
            onEdit({ quantity });
          }}
          testID="edit-quantity"
        />
      </View>
      <View style={styles.unit}>
        <Field
          label={m.editor.unit}
          defaultValue={now.unit ?? ''}
          onChangeText={(unit) => onEdit({ unit: unit.trim() || null })}
          maxLength={20}
          testID="edit-unit"
        />
      </View>
    </View>
  );
  const picker = (
    <CategoryPicker
      categories={categories}
      likely={[...new Set(likely)]}
      selected={now.category}
      onSelect={onCategory}
    />
  );

  const parts: Partial<Record<Doubt, ReactNode>> = {
    ...(addable && {
      name: (
        <>
          {nameField}
          {item.offer && item.offer.name !== now.name ? (
            <Button
              look="secondary"
              icon={ScanBarcode}
              title={m.editor.offer(item.offer.name)}
              onPress={() => {
                if (item.offer) accept(item.offer);
              }}
              testID="accept-offer"
            />
          ) : null}
        </>
      ),
      quantity: quantityFields,
      expires_on: (
        <>
          <StorageChoice
            value={edit?.storage ?? suggested.data?.storage ?? category?.default_storage ?? null}
            onChange={(storage) => onEdit({ storage })}
          />
          <UseByField
            chosen={wrongDate ?? edit?.expires_on}
            suggested={suggested}
            onChange={date}
            problem={wrongDate === null ? undefined : m.problems.date_out_of_range}
            clearable
          />
        </>
      ),
    }),
    amount: <AmountField value={amount} onChange={setAmount} onLeave={() => void sendAmount()} wrong={wrongAmount} />,
    category: (
      <>
        {item.why.decided_by === 'user' ? (
          <Label kind="smallStrong" tint={color.brand} role="status" testID="learned">
            {m.editor.learned}
          </Label>
        ) : null}
        {category && doubtsOf(item, edit).includes('category') ? (
          <Button
            look="secondary"
            icon={Check}
            title={m.editor.confirm(categoryName(category, language))}
            onPress={() => onCategory(item.category)}
            testID="confirm-category"
          />
        ) : null}
        {picker}
      </>
    ),
  };
  const done = () => {
    const amountStored = sendAmount();
    // If the server refuses the amount, the item keeps the doubtful one, which the user has not confirmed.
    if (doubts.length) void amountStored.then((isStored) => isStored && onConfirm());
    onClose();
  };

  return (
    <Sheet
      title={m.editor.title}
      onClose={onClose}
      testID="item-editor"
      footer={<Button title={m.common.done} onPress={done} disabled={!valid} testID="editor-done" />}
    >
      <View style={styles.raw}>
        <Label kind="small" tint={color.soft}>
          {m.result.raw}
        </Label>
        <Label>{item.raw_text}</Label>
      </View>
      {doubts.length ? (
        <Label kind="strong" tint={color.warn} testID={`doubt-${doubts.join('-')}`}>
          {m.editor.doubts(doubts)}
        </Label>
      ) : null}
      {[...doubts, ...EDITABLE.filter((part) => !doubts.includes(part))].map((part) => (
        <Fragment key={part}>{parts[part]}</Fragment>
      ))}
    </Sheet>
  );
}

const useStyles = themed((color) => ({
  raw: { backgroundColor: color.card, borderRadius: radius.s, padding: space.m },
  pair: { flexDirection: 'row', gap: space.s },
  grow: { flex: 1 },
  unit: { width: 96 },
}));
