import { router } from 'expo-router';
import { useMemo } from 'react';
import { View } from 'react-native';

import { MonthCard } from '@/components/home/MonthCard';
import { RunningLowCard } from '@/components/home/RunningLowCard';
import { UrgentCard } from '@/components/home/UrgentCard';
import { NewPhoto } from '@/components/receipt/NewPhoto';
import { OwnUploads } from '@/components/receipt/OwnUploads';
import { ReceiptCard } from '@/components/receipt/ReceiptCard';
import { Button } from '@/components/ui/Button';
import { Receipt } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { Page } from '@/components/ui/Page';
import { themed, useColor } from '@/components/ui/scheme';
import { Loaded, State } from '@/components/ui/State';
import { space } from '@/components/ui/theme';
import { dayOf } from '@/lib/dates';
import { useMessages } from '@/lib/i18n';
import { toEatFirst } from '@/lib/inventory';
import { useLotActions } from '@/lib/lotActions';
import { useInventory, useOwnUploads, useReceipts, useWaiting } from '@/lib/queries';

/** The number of receipts to review that are shown here. */
const WAITING = 3;

/** What needs the user today: food to eat first, receipts to review, what to buy again, and what this month has cost. */
export default function Home() {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const inventory = useInventory();
  const receipts = useReceipts();
  const uploadCount = useOwnUploads().length;
  const { finish } = useLotActions();
  const today = dayOf(new Date());
  const urgent = useMemo(() => toEatFirst(inventory.data ?? [], today), [inventory.data, today]);
  const waiting = useWaiting().data ?? [];

  return (
    <Page title={m.home.title} footer={<NewPhoto />} wide testID="home">
      <OwnUploads />
      <Loaded query={receipts}>
        {(list) => (
          <Loaded query={inventory}>
            {(lots) =>
              list.length + lots.length + uploadCount === 0 ? (
                <State icon={Receipt} title={m.receipts.empty} hint={m.receipts.emptyHint} testID="state-empty" />
              ) : (
                <>
                  <Label kind="large" role="heading" aria-level={2}>
                    {m.home.eatFirst}
                  </Label>
                  {urgent.length ? (
                    <View style={styles.cards} testID="eat-first">
                      {urgent.map((lot) => (
                        <UrgentCard key={lot.id} lot={lot} today={today} onUsedUp={() => finish(lot)} />
                      ))}
                    </View>
                  ) : (
                    <Label tint={color.soft} testID="nothing-urgent">
                      {lots.length ? m.home.nothingUrgent : m.inventory.empty}
                    </Label>
                  )}
                  {waiting.length ? (
                    <>
                      <Label kind="large" role="heading" aria-level={2} testID="waiting-count">
                        {m.home.waiting(waiting.length)}
                      </Label>
                      {waiting.slice(0, WAITING).map((receipt) => (
                        <ReceiptCard
                          key={receipt.id}
                          receipt={receipt}
                          onPress={() => router.push({ pathname: '/receipt-result', params: { id: receipt.id } })}
                        />
                      ))}
                      {waiting.length > WAITING ? (
                        <Button look="quiet" title={m.home.allReceipts} onPress={() => router.navigate('/receipts')} testID="all-receipts" />
                      ) : null}
                    </>
                  ) : null}
                  <RunningLowCard lots={lots} today={today} />
                  <MonthCard receipts={list} />
                </>
              )
            }
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}

const useStyles = themed(() => ({ cards: { flexDirection: 'row', gap: space.s } }));
