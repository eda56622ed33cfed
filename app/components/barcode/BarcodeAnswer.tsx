import { Image, Linking, View } from 'react-native';

import { AddForm } from './AddForm';
import { NameForm } from './NameForm';
import { Card } from '@/components/ui/Card';
import { Check, CircleAlert, CircleHelp, Clock, type LucideIcon, ShoppingBag } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { RetryButton } from '@/components/ui/RetryButton';
import { themed, useColor } from '@/components/ui/scheme';
import { radius, space } from '@/components/ui/theme';
import { type Answer, type LookUp, suggestionFor } from '@/lib/barcode';
import { dayInKorea } from '@/lib/dates';
import { useMessages } from '@/lib/i18n';
import type { NewLot } from '@/lib/inventory';
import type { Category } from '@/lib/receipts';

type Props = {
  answer: LookUp;
  categories: readonly Category[];
  busy: boolean;
  /** Why the last attempt to add it failed. */
  error: unknown;
  onName: (name: string) => void;
  onAdd: (lot: NewLot) => void;
  onRetry: () => void;
  /** Reports the name of a product that other households named. */
  onReport: () => void;
  reported: boolean;
};

/** The result of a barcode look-up and what to do next, with its own text for each outcome. */
export function BarcodeAnswer(props: Props) {
  const color = useColor();
  const m = useMessages();
  const { answer, busy, onName, onRetry } = props;
  switch (answer.outcome) {
    case 'found':
      return (
        <Outcome icon={Check} tint={color.brand} title={m.barcode.found} testID="barcode-found">
          <Origin answer={answer} onReport={props.onReport} reported={props.reported} />
          {answer.carton ? (
            <Label tint={color.soft} testID="barcode-carton">
              {m.barcode.carton(answer.carton.count)}
            </Label>
          ) : null}
          <Form {...props} answer={answer} />
        </Outcome>
      );
    case 'not_found':
      return (
        <Outcome icon={CircleHelp} title={m.barcode.notFound} hint={m.barcode.notFoundHint} testID="barcode-not-found">
          <NameForm busy={busy} onName={onName} />
        </Outcome>
      );
    case 'incomplete':
      return (
        <Outcome icon={Clock} title={m.barcode.incomplete} hint={m.barcode.incompleteHint} testID="barcode-incomplete">
          <RetryButton after={answer.retry_after_s ?? 0} onPress={onRetry} busy={busy} />
          <NameForm busy={busy} onName={onName} />
        </Outcome>
      );
    case 'in_store_code':
      return (
        <Outcome icon={ShoppingBag} title={m.barcode.inStore} hint={m.barcode.inStoreHint} testID="barcode-in-store">
          <Form {...props} answer={answer} />
        </Outcome>
      );
    case 'invalid':
      return (
        <Outcome icon={CircleAlert} tint={color.danger} title={m.barcode.invalid} hint={m.barcode.invalidHint} testID="barcode-invalid" />
      );
  }
}

function Form({ answer, categories, busy, error, onAdd }: Props & { answer: Answer }) {
  const { product } = answer;
  // An in-store number has no meaning in another shop.
  const gtin = answer.outcome === 'found' ? { gtin: answer.gtin14 } : {};
  return (
    <AddForm
      key={`${answer.outcome} ${answer.gtin14} ${product?.name}`}
      name={product?.printed_name ?? product?.name ?? ''}
      quantity={answer.carton?.count ?? 1}
      category={product?.category?.code ?? null}
      suggestion={product ? suggestionFor(product, dayInKorea(new Date())) : undefined}
      packageDate={answer.package_date?.date ?? null}
      categories={categories}
      busy={busy}
      error={error}
      onAdd={(lot) => onAdd({ ...lot, ...gtin })}
    />
  );
}

function Origin({ answer: { product }, onReport, reported }: { answer: Answer } & Pick<Props, 'onReport' | 'reported'>) {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  if (!product) return null;
  const { source } = product;
  const facts = [product.printed_name ? product.name : null, product.brand, product.quantity].filter(Boolean).join(' · ');
  return (
    <View style={styles.origin}>
      {product.image_url ? <Image source={{ uri: product.image_url }} style={styles.image} alt="" /> : null}
      <View style={styles.grow}>
        {facts ? <Label>{facts}</Label> : null}
        <Label
          kind="small"
          tint={source.link ? color.brand : color.soft}
          role={source.link ? 'link' : undefined}
          onPress={source.link ? () => void Linking.openURL(source.link ?? '') : undefined}
          testID="barcode-source"
        >
          {m.barcode.source}: {source.attribution ?? source.name}
        </Label>
        {source.id === 'users' || source.id === 'receipts' ? (
          <Label
            kind="small"
            tint={reported ? color.soft : color.brand}
            role={reported ? undefined : 'button'}
            onPress={reported ? undefined : onReport}
            testID="report-name"
          >
            {reported ? m.barcode.reported : m.barcode.report}
          </Label>
        ) : null}
        {source.outdated ? (
          <Label kind="small" tint={color.warn}>
            {m.barcode.outdated}
          </Label>
        ) : null}
      </View>
    </View>
  );
}

type OutcomeProps = { icon: LucideIcon; tint?: string; title: string; hint?: string; testID: string; children?: React.ReactNode };

function Outcome({ icon: Icon, tint, title, hint, testID, children }: OutcomeProps) {
  const color = useColor();
  const styles = useStyles();
  return (
    <Card style={styles.outcome} testID={testID}>
      <View style={styles.head} role="status">
        <Icon size={22} color={tint ?? color.warn} />
        <Label kind="large" style={styles.grow}>
          {title}
        </Label>
      </View>
      {hint ? <Label tint={color.soft}>{hint}</Label> : null}
      {children}
    </Card>
  );
}

const useStyles = themed((color) => ({
  outcome: { gap: space.m },
  head: { flexDirection: 'row', alignItems: 'center', gap: space.s },
  grow: { flex: 1 },
  origin: { flexDirection: 'row', gap: space.m, alignItems: 'center' },
  image: { width: 64, height: 64, borderRadius: radius.s, backgroundColor: color.idleSoft },
}));
