import { Pressable, View } from 'react-native';

import { Badge } from '@/components/ui/Chip';
import { ChevronRight } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { themed, useColor } from '@/components/ui/scheme';
import { radius, space, type Tone } from '@/components/ui/theme';
import { dayOf } from '@/lib/dates';
import { formatDay, formatMoney, useLanguage } from '@/lib/i18n';
import type { ListedReceipt } from '@/lib/receipts';

const TONES: Record<string, Tone> = { queued: 'idle', processing: 'notice', failed: 'danger' };

export function ReceiptCard({ receipt, onPress }: { receipt: ListedReceipt; onPress: () => void }) {
  const color = useColor();
  const styles = useStyles();
  const { m, language } = useLanguage();
  const bought = receipt.purchased_at ?? dayOf(new Date(receipt.created_at));
  const title = receipt.store_name ?? (receipt.status === 'done' ? m.receipts.noStore : m.receipts.title);
  const state =
    receipt.status !== 'done'
      ? m.receipts.status[receipt.status]
      : receipt.waiting_items
        ? m.receipts.waitingReview(receipt.waiting_items)
        : receipt.food_items
          ? m.receipts.reviewed
          : m.receipts.noFood;
  const tone = TONES[receipt.status] ?? (receipt.waiting_items ? 'warn' : 'brand');
  return (
    <Pressable
      role="link"
      onPress={onPress}
      testID="receipt"
      style={({ pressed }) => [styles.card, pressed && styles.pressed]}
    >
      <View style={styles.grow}>
        <Label kind="large" numberOfLines={1}>
          {title}
        </Label>
        <Label kind="small" tint={color.soft}>
          {formatDay(bought, language, dayOf(new Date()))}
          {receipt.total === null ? '' : ` · ${formatMoney(receipt.total, receipt.currency, language)}`}
        </Label>
        <Badge text={state} tone={tone} testID={`receipt-${receipt.status}`} />
      </View>
      <ChevronRight size={20} color={color.soft} />
    </Pressable>
  );
}

const useStyles = themed((color) => ({
  card: {
    flexDirection: 'row',
    alignItems: 'center',
    gap: space.m,
    padding: space.l,
    borderRadius: radius.l,
    borderWidth: 1,
    borderColor: color.line,
    backgroundColor: color.card,
  },
  pressed: { backgroundColor: color.idleSoft },
  grow: { flex: 1, gap: space.xs },
}));
