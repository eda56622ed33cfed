import { router } from 'expo-router';
import { Fragment, useState } from 'react';
import { StyleSheet, useWindowDimensions, View } from 'react-native';

import { ItemEditor } from './ItemEditor';
import { ItemRow } from './ItemRow';
import { PhotoView } from './PhotoView';
import { ReviewHead } from './ReviewHead';
import { Button } from '@/components/ui/Button';
import { Check, Images } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { Page } from '@/components/ui/Page';
import { Loaded, State, useOnline } from '@/components/ui/State';
import { color, space, WIDE } from '@/components/ui/theme';
import { dayOf } from '@/lib/dates';
import { useDecisions } from '@/lib/decisions';
import { formatDay, useLanguage } from '@/lib/i18n';
import { isFood, type Item, purchaseDay, type ReceiptRow, type Review, toAdd } from '@/lib/receipts';

/** The review of a receipt: line items to correct, dismiss or add, with the photo beside them. */
export function ReviewView({ receipt }: { receipt: ReceiptRow }) {
  const { m, language } = useLanguage();
  const { say, sayProblem } = useNotice();
  const decisions = useDecisions(receipt.id, useOnline());
  const { query, edits, drop, takeBack, busy, busyWith } = decisions;
  const { width, height } = useWindowDimensions();
  const roomy = width >= WIDE;
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [editedId, setEditedId] = useState<string | null>(null);
  const [photoShown, setPhotoShown] = useState(true);
  const items = query.data?.items ?? [];
  const selected = items.find(({ id }) => id === selectedId);
  const editing = items.find(({ id }) => id === editedId);
  const addable = query.data ? toAdd(query.data, edits) : [];

  const addItems = (itemId?: string) =>
    decisions.add(itemId, { onSuccess: (count) => say(m.result.addedCount(count)), onError: sayProblem });
  // Promises rather than mutation callbacks: the notice must appear even after the user left this screen.
  const dropItems = (ids: string[]) =>
    drop.mutateAsync(ids).then(() => say(m.result.dismissedCount(ids.length), () => restoreItems(ids)), sayProblem);
  const restoreItems = (ids: string[]) =>
    takeBack.mutateAsync(ids).then(() => say(m.result.restoredCount(ids.length)), sayProblem);
  const correct = async (item: Item, category: string) => {
    try {
      say((await decisions.correct(item, category)) ? m.editor.learned : m.editor.later);
    } catch (error) {
      sayProblem(error);
    }
  };

  const row = (review: Review, item: Item) => (
    <ItemRow
      key={item.id}
      item={item}
      edit={edits[item.id]}
      purchasedOn={item.purchased_on ?? purchaseDay(review.receipt)}
      categories={review.categories}
      currency={review.receipt.currency}
      selected={item.id === selectedId}
      busy={busyWith(item.id)}
      onSelect={() => setSelectedId(item.id)}
      onEdit={() => {
        setSelectedId(item.id);
        setEditedId(item.id);
      }}
      onDismiss={() => void dropItems([item.id])}
      onRestore={() => void restoreItems([item.id])}
      onAdd={() => addItems(item.id)}
    />
  );

  const list = (review: Review) => {
    const food = review.items.filter((item) => isFood(item, edits[item.id], review.categories));
    const others = review.items.filter((item) => !food.includes(item));
    const severalDays = new Set(food.map(({ purchased_on }) => purchased_on)).size > 1;
    const pendingIds = others.filter(({ status }) => status === 'pending').map(({ id }) => id);
    if (review.items.length === 0) {
      return <State icon={Images} title={m.result.none} hint={m.result.noneHint} testID="state-empty" />;
    }
    return (
      <View style={styles.list}>
        <Label kind="large" role="heading" aria-level={2}>
          {m.result.items(food.length)}
        </Label>
        {food.map((item, index) => (
          <Fragment key={item.id}>
            {severalDays && item.purchased_on && item.purchased_on !== food[index - 1]?.purchased_on ? (
              <Label tint={color.soft} role="heading" aria-level={3} testID="order-day">
                {m.result.bought} {formatDay(item.purchased_on, language, dayOf(new Date()))}
              </Label>
            ) : null}
            {row(review, item)}
          </Fragment>
        ))}
        {others.length ? (
          <>
            <View style={styles.section}>
              <View style={styles.grow}>
                <Label kind="large" role="heading" aria-level={2}>
                  {m.result.nonFood(others.length)}
                </Label>
                <Label kind="small" tint={color.soft}>
                  {m.result.nonFoodHint}
                </Label>
              </View>
              {pendingIds.length > 1 ? (
                <Button compact look="secondary" title={m.result.dismissAll} onPress={() => void dropItems(pendingIds)} busy={busy} testID="dismiss-all" />
              ) : null}
            </View>
            {others.map((item) => row(review, item))}
          </>
        ) : null}
      </View>
    );
  };

  const footer = query.data?.items.length ? (
    addable.length ? (
      <Button icon={Check} title={m.result.addAll(addable.length)} onPress={() => addItems()} busy={busy} testID="add-all" />
    ) : (
      <Button look="secondary" title={m.result.toInventory} onPress={() => router.navigate('/inventory')} testID="to-inventory" />
    )
  ) : null;
  const photo = <PhotoView path={receipt.object_path} box={selected?.box ?? null} height={roomy ? height - 120 : 220} />;

  return (
    <Page title={m.result.title} back wide footer={footer} testID="receipt-result">
      <Loaded query={query}>
        {(review) => (
          <View style={roomy ? styles.columns : styles.stack} testID="result-done">
            <View style={roomy ? styles.side : styles.top}>
              {roomy || photoShown ? photo : null}
              {roomy ? null : (
                <Button
                  compact
                  look="quiet"
                  icon={Images}
                  title={photoShown ? m.result.hidePhoto : m.result.showPhoto}
                  onPress={() => setPhotoShown(!photoShown)}
                  testID="toggle-photo"
                />
              )}
            </View>
            <View style={roomy ? styles.grow : null}>
              <ReviewHead review={review} />
              {list(review)}
            </View>
          </View>
        )}
      </Loaded>
      {editing && query.data ? (
        <ItemEditor
          item={editing}
          edit={edits[editing.id]}
          purchasedOn={editing.purchased_on ?? purchaseDay(query.data.receipt)}
          categories={query.data.categories}
          onCategory={(code) => void correct(editing, code)}
          onEdit={(changes) => decisions.edit(editing, changes)}
          onClose={() => setEditedId(null)}
        />
      ) : null}
    </Page>
  );
}

const styles = StyleSheet.create({
  stack: { gap: space.m },
  columns: { flexDirection: 'row-reverse', gap: space.xl, alignItems: 'flex-start' },
  side: { width: 400, position: 'sticky' as 'absolute', top: 0 },
  top: { position: 'sticky' as 'absolute', top: 0, zIndex: 1, backgroundColor: color.page, paddingBottom: space.xs },
  grow: { flex: 1 },
  list: { gap: space.m, paddingTop: space.m },
  section: { flexDirection: 'row', alignItems: 'center', gap: space.s, paddingTop: space.l },
});
