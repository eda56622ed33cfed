import { router } from 'expo-router';
import { Fragment, useState } from 'react';
import { useWindowDimensions, View } from 'react-native';

import { ExpiredSheet } from './ExpiredSheet';
import { ItemEditor } from './ItemEditor';
import { ItemRow } from './ItemRow';
import { JoinSheet } from './JoinSheet';
import { MissedLineForm } from './MissedLineForm';
import { NewPhoto } from './NewPhoto';
import { PhotoView } from './PhotoView';
import { ReceiptEditor } from './ReceiptEditor';
import { ReviewHead } from './ReviewHead';
import { Button } from '@/components/ui/Button';
import { Check, Images, Plus, Trash } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { Page } from '@/components/ui/Page';
import { Loaded, State, useOnline } from '@/components/ui/State';
import { themed, useColor } from '@/components/ui/scheme';
import { space, WIDE } from '@/components/ui/theme';
import { dayOf } from '@/lib/dates';
import { useDecisions } from '@/lib/decisions';
import type { Edits } from '@/lib/drafts';
import { formatDay, useLanguage } from '@/lib/i18n';
import { usePriceChanges, useReceivedSuggestion } from '@/lib/queries';
import { useReceiptRemoval } from '@/lib/receiptRemoval';
import { type AddedLot, isFood, type Item, longExpired, mayBeNoReceipt, purchaseDay, type ReceiptRow, type Review, toAdd } from '@/lib/receipts';

/** The part of a phone's screen that the photo takes above the items. */
const PHOTO_SHARE = 0.26;

/** The review of a receipt: line items to correct, dismiss or add, with the photo beside them. */
export function ReviewView({ receipt }: { receipt: ReceiptRow }) {
  const color = useColor();
  const styles = useStyles();
  const { m, language } = useLanguage();
  const { say, sayProblem, sayNotUndone } = useNotice();
  const decisions = useDecisions(receipt.id, useOnline());
  const { query, edits, drop, takeBack, busy, busyWith } = decisions;
  const { width, height } = useWindowDimensions();
  const roomy = width >= WIDE;
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [editedId, setEditedId] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const [sheet, setSheet] = useState<'receipt' | 'line' | 'join' | null>(null);
  const remove = useReceiptRemoval(receipt.id);
  const changes = usePriceChanges(receipt.id);
  const [photoShown, setPhotoShown] = useState(true);
  const items = query.data?.items ?? [];
  const selected = items.find(({ id }) => id === selectedId);
  const editing = items.find(({ id }) => id === editedId);
  const addable = query.data ? toAdd(query.data, edits) : [];

  const received = useReceivedSuggestion();
  const dayOfPurchase = (item: Item) => item.purchased_on ?? (query.data ? purchaseDay(query.data.receipt) : '');
  // Called when it is needed: a suggestion that arrives renders its row, not this screen.
  const findExpired = () => longExpired(addable, edits, dayOf(new Date()), (item, edit) => received(item, edit, dayOfPurchase(item)));
  const expired = asking ? findExpired() : [];
  // Promises rather than mutation callbacks: each notice must appear even after the user left this screen.
  const addItems = (addition: { itemId?: string; without?: string[] } = {}) => {
    setAsking(false);
    const before = edits;
    const confirm = (lots: AddedLot[]) => {
      const undo = () => unadd(lots, addition.without ?? [], before);
      say(m.result.addedCount(lots.length), addition.itemId ? undefined : undo);
    };
    decisions.add(addition, confirm, sayProblem);
  };
  const unadd = async (lots: AddedLot[], dismissed: readonly string[], before: Edits): Promise<void> => {
    try {
      await decisions.unadd.mutateAsync({ lots, dismissed });
      for (const item of items) if (before[item.id]) decisions.edit(item, before[item.id] ?? {});
      say(m.result.restoredCount(lots.length + dismissed.length));
    } catch (error) {
      sayNotUndone(error, () => unadd(lots, dismissed, before));
    }
  };
  const dropItems = (ids: string[]) =>
    drop.mutateAsync(ids).then(() => say(m.result.dismissedCount(ids.length), () => restoreItems(ids)), sayProblem);
  const restoreItems = (ids: string[]): Promise<void> =>
    takeBack.mutateAsync(ids).then(
      () => say(m.result.restoredCount(ids.length)),
      (error: unknown) => sayNotUndone(error, () => restoreItems(ids)),
    );
  const correct = async (item: Item, category: string) => {
    try {
      say((await decisions.correct(item, category)) ? m.editor.learned : m.editor.later);
    } catch (error) {
      sayProblem(error);
    }
  };
  const correctAmount = async (item: Item, won: number) => {
    try {
      await decisions.correctAmount(item, won);
      return true;
    } catch (error) {
      sayProblem(error);
      return false;
    }
  };

  const row = (review: Review, item: Item) => (
    <ItemRow
      key={item.id}
      item={item}
      edit={edits[item.id]}
      purchasedOn={dayOfPurchase(item)}
      categories={review.categories}
      currency={review.receipt.currency}
      selected={item.id === selectedId}
      busy={busyWith(item.id)}
      priceChange={changes[item.id]}
      onSelect={() => setSelectedId(item.id)}
      onEdit={() => {
        setSelectedId(item.id);
        setEditedId(item.id);
      }}
      onDismiss={() => dropItems([item.id])}
      onRestore={() => restoreItems([item.id])}
      onAdd={() => addItems({ itemId: item.id })}
    />
  );

  const list = (review: Review) => {
    const food = review.items.filter((item) => isFood(item, edits[item.id], review.categories));
    const others = review.items.filter((item) => !food.includes(item));
    const severalDays = new Set(food.map(({ purchased_on }) => purchased_on)).size > 1;
    const pendingIds = others.filter(({ status }) => status === 'pending').map(({ id }) => id);
    if (review.items.length === 0) {
      return <State icon={Images} title={m.result.none} hint={m.result.noneHint} action={<NewPhoto />} testID="state-empty" />;
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
                <Button compact look="secondary" title={m.result.dismissAll} onPress={() => dropItems(pendingIds)} busy={busy} testID="dismiss-all" />
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
      <Button
        look={mayBeNoReceipt(query.data) ? 'secondary' : 'primary'}
        icon={Check}
        title={m.result.addAll(addable.length)}
        onPress={() => (findExpired().length ? setAsking(true) : addItems())}
        busy={busy}
        testID="add-all"
      />
    ) : (
      <Button look="secondary" title={m.result.toInventory} onPress={() => router.navigate('/inventory')} testID="to-inventory" />
    )
  ) : null;
  const photo = <PhotoView path={selected?.object_path ?? receipt.object_path} box={selected?.box ?? null} height={roomy ? height - 120 : Math.min(220, Math.round(height * PHOTO_SHARE))} />;

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
              <ReviewHead review={review} onEdit={() => setSheet('receipt')} />
              {list(review)}
              <View style={styles.more}>
                <Button look="secondary" icon={Plus} title={m.result.missedLine} onPress={() => setSheet('line')} testID="open-missed-line" />
                <Button look="secondary" icon={Images} title={m.result.join.open} onPress={() => setSheet('join')} testID="open-join" />
                <Button look="dangerQuiet" icon={Trash} title={m.result.remove} onPress={remove} testID="delete-receipt" />
              </View>
            </View>
          </View>
        )}
      </Loaded>
      {expired.length ? (
        <ExpiredSheet
          expired={expired}
          others={addable.length - expired.length}
          onAdd={() => addItems()}
          onSkip={() => addItems({ without: expired.map(({ item }) => item.id) })}
          onClose={() => setAsking(false)}
        />
      ) : null}
      {sheet === 'receipt' && query.data ? (
        <ReceiptEditor receipt={query.data.receipt} onSave={decisions.correctReceipt} onClose={() => setSheet(null)} />
      ) : null}
      {sheet === 'line' && query.data ? (
        <MissedLineForm categories={query.data.categories} onAdd={decisions.addLine} onClose={() => setSheet(null)} />
      ) : null}
      {sheet === 'join' ? (
        <JoinSheet
          receipt={receipt}
          onJoin={(id) => decisions.join(id).then(() => say(m.result.join.done))}
          onClose={() => setSheet(null)}
        />
      ) : null}
      {editing && query.data ? (
        <ItemEditor
          item={editing}
          edit={edits[editing.id]}
          purchasedOn={dayOfPurchase(editing)}
          categories={query.data.categories}
          onCategory={(code) => void correct(editing, code)}
          onEdit={(changes) => decisions.edit(editing, changes)}
          onAmount={(won) => correctAmount(editing, won)}
          onConfirm={() => void decisions.confirm(editing)}
          onClose={() => setEditedId(null)}
        />
      ) : null}
    </Page>
  );
}

const useStyles = themed((color) => ({
  stack: { gap: space.m },
  columns: { flexDirection: 'row-reverse', gap: space.xl, alignItems: 'flex-start' },
  side: { width: 400, position: 'sticky' as 'absolute', top: 0 },
  top: { position: 'sticky' as 'absolute', top: 0, zIndex: 1, backgroundColor: color.page, paddingBottom: space.xs },
  grow: { flex: 1 },
  list: { gap: space.m, paddingTop: space.m },
  more: { gap: space.s, paddingTop: space.l },
  section: { flexDirection: 'row', alignItems: 'center', gap: space.s, paddingTop: space.l },
}));
