import { Badge } from '@/components/ui/Chip';
import { Clock } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { useColor } from '@/components/ui/scheme';
import { type Tone, toneOf } from '@/components/ui/theme';
import { daysUntil } from '@/lib/dates';
import { formatDay, NEAR_DAYS, useLanguage } from '@/lib/i18n';
import { freshness, type Freshness, type Lot } from '@/lib/inventory';

const TONES: Record<Freshness, Tone> = { expired: 'danger', soon: 'warn', week: 'notice', good: 'brand', none: 'idle' };

/** How many days are left, in words and colour. Estimates say "about". */
export function FreshnessBadge({ lot, today }: { lot: Pick<Lot, 'expires_on' | 'expiry_basis'>; today: string }) {
  const state = freshness(lot.expires_on, today);
  return <Badge tone={TONES[state]} icon={Clock} text={freshnessText(lot, today, useLanguage())} testID={`freshness-${state}`} />;
}

type TextProps = {
  lot: Pick<Lot, 'expires_on' | 'expiry_basis'>;
  today: string;
  /** Leaves out the date if days are counted. */
  brief?: boolean;
};

/** The same as text, for compact rows. */
export function FreshnessText({ lot, today, brief }: TextProps) {
  const state = freshness(lot.expires_on, today);
  return (
    <Label kind="smallStrong" tint={toneOf(useColor(), TONES[state]).front} testID={`freshness-${state}`}>
      {freshnessText(lot, today, useLanguage(), brief)}
    </Label>
  );
}

function freshnessText(
  lot: Pick<Lot, 'expires_on' | 'expiry_basis'>,
  today: string,
  { m, language }: Pick<ReturnType<typeof useLanguage>, 'm' | 'language'>,
  brief = false,
): string {
  if (!lot.expires_on) return m.inventory.freshness.none;
  const days = daysUntil(lot.expires_on, today);
  const date = formatDay(lot.expires_on, language, today);
  const day = lot.expiry_basis === 'package' ? date : m.result.about(date);
  // Beyond this many days, a date reads better than a count.
  if (days > NEAR_DAYS) return day;
  const left = days < 0 ? m.inventory.expired(-days) : days === 0 ? m.inventory.today : m.inventory.left(days);
  return brief ? left : `${left} · ${day}`;
}
