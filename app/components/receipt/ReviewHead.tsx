import { router } from 'expo-router';
import { StyleSheet, View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Badge } from '@/components/ui/Chip';
import { IconButton } from '@/components/ui/IconButton';
import { Check, CircleAlert, CircleHelp, Pencil } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { useColor } from '@/components/ui/scheme';
import { space } from '@/components/ui/theme';
import { dayOf } from '@/lib/dates';
import { formatDay, formatMoney, useLanguage } from '@/lib/i18n';
import { headDoubtsOf, mayBeNoReceipt, type Review } from '@/lib/receipts';

/** Store, date and total, and the warnings to check before adding items. */
export function ReviewHead({ review, onEdit }: { review: Review; onEdit: () => void }) {
  const { receipt, items } = review;
  const color = useColor();
  const { m, language } = useLanguage();
  const bought = receipt.purchased_at ?? dayOf(new Date(receipt.created_at));
  const unsure = items.filter(({ uncertain, status }) => uncertain && status === 'pending').length;
  const mismatch = receipt.warnings.includes('totals_mismatch');
  const refund = receipt.warnings.includes('refund');
  const undated = receipt.warnings.includes('no_purchase_date');
  const doubts = headDoubtsOf(review);
  const unsureDay = receipt.warnings.includes('unsure_purchase_date');
  return (
    <Card>
      <View style={styles.head}>
        <Label kind="large" role="heading" aria-level={2} style={styles.grow} testID="store-name">
          {receipt.store_name ?? m.receipts.noStore}
        </Label>
        <IconButton icon={Pencil} label={m.result.editReceipt} onPress={onEdit} testID="edit-receipt" />
      </View>
      <Label tint={color.soft}>
        {m.result.bought} {formatDay(bought, language, dayOf(new Date()))}
        {receipt.total === null ? '' : ` · ${m.result.total} ${formatMoney(receipt.total, receipt.currency, language)}`}
      </Label>
      <View style={styles.hints}>
        {receipt.total !== null && items.length ? (
          <Badge
            tone={mismatch ? 'warn' : 'brand'}
            icon={mismatch ? CircleAlert : Check}
            text={mismatch ? m.result.totalsMismatch : m.result.totalsMatch}
            testID={mismatch ? 'totals-mismatch' : 'totals-match'}
          />
        ) : null}
        {items.length && mayBeNoReceipt(review) ? (
          <Badge tone="warn" icon={CircleAlert} text={m.result.noReceipt} testID="may-be-no-receipt" />
        ) : null}
        {refund ? <Badge tone="warn" icon={CircleAlert} text={m.result.refund} testID="refund" /> : null}
        {undated || unsureDay ? (
          <Badge tone="warn" icon={CircleAlert} text={undated ? m.result.noDay : m.result.unsureDay} testID="unsure-day" />
        ) : null}
        {doubts.length ? <Badge tone="warn" icon={CircleHelp} text={m.result.uncertainHead(doubts)} testID="uncertain-head" /> : null}
        {unsure ? <Badge tone="warn" icon={CircleHelp} text={m.result.uncertainCount(unsure)} testID="uncertain-count" /> : null}
        {receipt.duplicate_of ? (
          <>
            <Badge tone="warn" icon={CircleAlert} text={m.result.duplicate} testID="duplicate" />
            <Button
              compact
              look="secondary"
              title={m.result.toOriginal}
              onPress={() => router.push({ pathname: '/receipt-result', params: { id: receipt.duplicate_of ?? '' } })}
            />
          </>
        ) : null}
      </View>
    </Card>
  );
}

const styles = StyleSheet.create({
  head: { flexDirection: 'row', alignItems: 'center', gap: space.s, marginVertical: -space.s },
  grow: { flex: 1 },
  hints: { gap: space.xs + 2, alignItems: 'flex-start' },
});
