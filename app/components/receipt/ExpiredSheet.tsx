import { View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Label } from '@/components/ui/Label';
import { themed, useColor } from '@/components/ui/scheme';
import { Sheet } from '@/components/ui/Sheet';
import { space } from '@/components/ui/theme';
import { useMessages } from '@/lib/i18n';
import type { Item } from '@/lib/receipts';

type Props = {
  expired: readonly { item: Item; name: string; days: number }[];
  /** The number of the other items to add. */
  others: number;
  onAdd: () => void;
  onSkip: () => void;
  onClose: () => void;
};

/** The number of items that are listed. */
const LISTED = 5;

/** Asks before food is added that is long past its date. */
export function ExpiredSheet({ expired, others, onAdd, onSkip, onClose }: Props) {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const texts = m.result.expired;
  return (
    <Sheet title={texts.title(expired.length)} onClose={onClose} testID="expired-sheet">
      <View style={styles.texts}>
        <Label>{texts.hint}</Label>
        {expired.slice(0, LISTED).map(({ item, name, days }) => (
          <Label key={item.id} tint={color.danger}>
            {name} · {m.inventory.expired(days)}
          </Label>
        ))}
        {expired.length > LISTED ? <Label tint={color.soft}>{texts.more(expired.length - LISTED)}</Label> : null}
      </View>
      <Button title={others ? texts.skip(others) : texts.skipAll} onPress={onSkip} testID="skip-expired" />
      <Button look="secondary" title={texts.add} onPress={onAdd} testID="add-expired" />
    </Sheet>
  );
}

const useStyles = themed(() => ({ texts: { gap: space.s } }));
