import { View } from 'react-native';

import type { LucideIcon } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { themed, useColor } from '@/components/ui/scheme';
import { radius, space } from '@/components/ui/theme';
import { useMessages } from '@/lib/i18n';

type Props = {
  /** `note` says what `won` leaves out. */
  shares: readonly { key: string; text: string; icon?: LucideIcon; won: number; note?: string }[];
  tone?: 'brand' | 'danger';
  testID: string;
};

/** Amounts as bars beside each other, the largest first. */
export function Shares({ shares, tone = 'brand', testID }: Props) {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const most = Math.max(1, ...shares.map(({ won }) => won));
  return (
    <View style={styles.list} testID={testID}>
      {shares.map(({ key, text, icon: Icon, won, note }) => (
        <View key={key} style={styles.share} testID="share">
          <View style={styles.texts}>
            {Icon ? <Icon size={16} color={color[tone]} /> : null}
            <Label style={styles.grow} numberOfLines={1}>
              {text}
            </Label>
            {note ? (
              <Label kind="small" tint={color.soft}>
                {note}
              </Label>
            ) : null}
            {won || !note ? <Label kind="strong">{m.won(won)}</Label> : null}
          </View>
          <View style={styles.track}>
            <View style={[styles.bar, { width: `${(100 * won) / most}%`, backgroundColor: color[tone] }]} />
          </View>
        </View>
      ))}
    </View>
  );
}

const useStyles = themed((color) => ({
  list: { gap: space.m },
  share: { gap: space.xs },
  texts: { flexDirection: 'row', alignItems: 'center', gap: space.s },
  grow: { flex: 1, minWidth: 0 },
  track: { height: 6, borderRadius: radius.round, backgroundColor: color.idleSoft, overflow: 'hidden' },
  bar: { height: 6, borderRadius: radius.round },
}));
