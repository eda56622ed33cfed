import { router } from 'expo-router';
import { Pressable, View } from 'react-native';

import { FreshnessText } from '@/components/inventory/FreshnessBadge';
import { ProductIcon } from '@/components/inventory/ProductIcon';
import { Button } from '@/components/ui/Button';
import { Label } from '@/components/ui/Label';
import { themed } from '@/components/ui/scheme';
import { radius, space } from '@/components/ui/theme';
import { useMessages } from '@/lib/i18n';
import type { Lot } from '@/lib/inventory';

type Props = { lot: Lot; today: string; onUsedUp: () => Promise<void> };

/** One of the lots to eat first. */
export function UrgentCard({ lot, today, onUsedUp }: Props) {
  const styles = useStyles();
  const m = useMessages();
  return (
    <View style={styles.card} testID="urgent">
      <Pressable
        role="link"
        onPress={() => router.push({ pathname: '/inventory-item', params: { id: lot.id } })}
        style={({ pressed }) => [styles.link, pressed && styles.pressed]}
        testID="urgent-open"
      >
        <ProductIcon code={lot.categories.code} image={lot.image_url} />
        <Label kind="strong" numberOfLines={2} testID="urgent-name">
          {lot.name}
        </Label>
        <FreshnessText lot={lot} today={today} brief />
      </Pressable>
      <Button
        compact
        look="secondary"
        title={m.inventory.usedUp}
        label={`${lot.name} ${m.inventory.usedUp}`}
        onPress={onUsedUp}
        testID="urgent-use-up"
      />
    </View>
  );
}

const useStyles = themed((color) => ({
  card: {
    flex: 1,
    minWidth: 0,
    justifyContent: 'space-between',
    gap: space.s,
    padding: space.s + 2,
    borderRadius: radius.l,
    borderWidth: 1,
    borderColor: color.line,
    backgroundColor: color.card,
  },
  link: { gap: space.xs },
  pressed: { opacity: 0.6 },
}));
