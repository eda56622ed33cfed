import { router } from 'expo-router';
import { useDeferredValue, useState } from 'react';

import { NewPhoto } from '@/components/receipt/NewPhoto';
import { OwnUploads } from '@/components/receipt/OwnUploads';
import { ReceiptCard } from '@/components/receipt/ReceiptCard';
import { Button } from '@/components/ui/Button';
import { Field } from '@/components/ui/Field';
import { Receipt, Search } from '@/components/ui/icons';
import { Page } from '@/components/ui/Page';
import { Loaded, State } from '@/components/ui/State';
import { useMessages } from '@/lib/i18n';
import { useOwnUploads, useReceipts, useReceiptSearch } from '@/lib/queries';
import { type ListedReceipt, RECEIPTS_PAGE } from '@/lib/receipts';

export default function Receipts() {
  const m = useMessages();
  const receipts = useReceipts();
  const uploadCount = useOwnUploads().length;
  const [search, setSearch] = useState('');
  const pattern = useDeferredValue(search.trim());
  const found = useReceiptSearch(pattern);
  const [shown, setShown] = useState(RECEIPTS_PAGE);
  const change = (text: string) => {
    setSearch(text);
    setShown(RECEIPTS_PAGE);
  };
  const card = (receipt: ListedReceipt) => (
    <ReceiptCard
      key={receipt.id}
      receipt={receipt}
      onPress={() => router.push({ pathname: '/receipt-result', params: { id: receipt.id } })}
    />
  );

  return (
    <Page title={m.receipts.title} footer={<NewPhoto />} testID="receipts">
      <OwnUploads />
      <Loaded query={receipts}>
        {(list) =>
          list.length + uploadCount === 0 ? (
            <State icon={Receipt} title={m.receipts.empty} hint={m.receipts.emptyHint} testID="state-empty" />
          ) : (
            <>
              <Field label={m.receipts.search} value={search} onChangeText={change} inputMode="search" maxLength={100} testID="search" />
              {pattern ? (
                <Loaded query={found}>
                  {(matches) =>
                    matches.length ? (
                      <>
                        {matches.slice(0, shown).map(card)}
                        {matches.length > shown ? (
                          <Button
                            look="secondary"
                            title={m.common.showOlder}
                            onPress={() => setShown(shown + RECEIPTS_PAGE)}
                            testID="show-older"
                          />
                        ) : null}
                      </>
                    ) : (
                      <State icon={Search} title={m.receipts.nothingFound} hint={m.receipts.nothingFoundHint} testID="state-nothing" />
                    )
                  }
                </Loaded>
              ) : (
                <>
                  {list.map(card)}
                  {receipts.hasNextPage ? (
                    <Button
                      look="secondary"
                      title={m.common.showOlder}
                      onPress={() => receipts.fetchNextPage()}
                      busy={receipts.isFetchingNextPage}
                      testID="show-older"
                    />
                  ) : null}
                </>
              )}
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
