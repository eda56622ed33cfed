import { router } from 'expo-router';
import { useState } from 'react';
import { StyleSheet, useWindowDimensions, View } from 'react-native';

import { Button } from './Button';
import { Check, Images } from './icons';
import { ItemEditor } from './ItemEditor';
import { ItemRow } from './ItemRow';
import { Label } from './Label';
import { useNotice } from './Notice';
import { Page } from './Page';
import { PhotoView } from './PhotoView';
import { ReviewHead } from './ReviewHead';
import { Loaded, State, useOnline } from './State';
import { color, space, WIDE } from './theme';
import { useDecisions } from '@/lib/decisions';
import { useMessages } from '@/lib/i18n';
import { type Item, type ReceiptRow, type Review, toAdd } from '@/lib/receipts';

/** The review of a receipt: its items to correct, to dismiss and to add, with the photo beside them. */
export function ReviewView({ receipt }: { receipt: ReceiptRow }) {
  const m = useMessages();
  const { say, sayProblem } = useNotice();
  const decisions = useDecisions(receipt.id, useOnline());
  const { query, edits, drop, busy } = decisions;
  const { width, height } = useWindowDimensions();
  const roomy = width >= WIDE;
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [editedId, setEditedId] = useState<string | null>(null);
  const [photoShown, setPhotoShown] = useState(true);
  const items = query.data?.items ?? [];
  const selected = items.find(({ id }) => id === selectedId);
  const editing = items.find(({ id }) => id === editedId);
  const waiting = query.data ? toAdd(query.data, edits) : [];

  const addItems = (itemId?: string) =>
    decisions.add(itemId, { onSuccess: (count) => say(m.result.addedCount(count)), onError: sayProblem });
  const dropItems = (ids: string[]) =>
    drop.mutate(ids, { onSuccess: () => say(m.result.dismissedCount(ids.length)), onError: sayProblem });
  const correct = async (itemId: string, category: string) => {
    try {
      say((await decisions.correct(itemId, category)) ? m.editor.learned : m.editor.later);
    } catch (error) {
      sayProblem(error);
    }
  };

  const row = (review: Review, item: Item) => (
    <ItemRow
      key={item.id}
      item={item}
      edit={edits[item.id]}
      categories={review.categories}
      currency={review.receipt.currency}
      selected={item.id === selectedId}
      busy={busy}
      onSelect={() => setSelectedId(item.id)}
      onEdit={() => {
        setSelectedId(item.id);
        setEditedId(item.id);
      }}
      onDismiss={() => dropItems([item.id])}
      onAdd={() => addItems(item.id)}
    />
  );

  const list = (review: Review) => {
    const food = review.items.filter(({ is_food }) => is_food);
    const others = review.items.filter(({ is_food }) => !is_food);
    const toDrop = others.filter(({ status }) => status === 'pending').map(({ id }) => id);
    if (review.items.length === 0) {
      return <State icon={Images} title={m.result.none} hint={m.result.noneHint} testID="state-empty" />;
    }
    return (
      <View style={styles.list}>
        <Label kind="large" role="heading" aria-level={2}>
          {m.result.items(food.length)}
        </Label>
        {food.map((item) => row(review, item))}
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
              {toDrop.length > 1 ? (
                <Button compact look="secondary" title={m.result.dismissAll} onPress={() => dropItems(toDrop)} busy={busy} testID="dismiss-all" />
              ) : null}
            </View>
            {others.map((item) => row(review, item))}
          </>
        ) : null}
      </View>
    );
  };

  const footer = query.data?.items.length ? (
    waiting.length ? (
      <Button icon={Check} title={m.result.addAll(waiting.length)} onPress={() => addItems()} busy={busy} testID="add-all" />
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
          categories={query.data.categories}
          onCategory={(code) => void correct(editing.id, code)}
          onEdit={(changes) => decisions.edit(editing.id, changes)}
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
