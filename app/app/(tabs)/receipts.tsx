import { router } from 'expo-router';

import { NewPhoto } from '@/components/receipt/NewPhoto';
import { ReceiptCard } from '@/components/receipt/ReceiptCard';
import { UploadCard } from '@/components/receipt/UploadCard';
import { Button } from '@/components/ui/Button';
import { Receipt } from '@/components/ui/icons';
import { Page } from '@/components/ui/Page';
import { Loaded, State } from '@/components/ui/State';
import { useBackend } from '@/lib/backend';
import { useMessages } from '@/lib/i18n';
import { useReceipts, useUploads } from '@/lib/queries';

export default function Receipts() {
  const m = useMessages();
  const { uploads, session } = useBackend();
  const receipts = useReceipts();
  const ownUploads = useUploads().filter(({ userId }) => userId === session?.user.id);

  return (
    <Page title={m.receipts.title} footer={<NewPhoto />} testID="receipts">
      {ownUploads.map((upload) => (
        <UploadCard
          key={upload.id}
          upload={upload}
          onRetry={() => uploads.retry()}
          onDiscard={() => void uploads.discard(upload.id)}
        />
      ))}
      <Loaded query={receipts}>
        {(list) =>
          list.length + ownUploads.length === 0 ? (
            <State icon={Receipt} title={m.receipts.empty} hint={m.receipts.emptyHint} testID="state-empty" />
          ) : (
            <>
              {list.map((receipt) => (
                <ReceiptCard
                  key={receipt.id}
                  receipt={receipt}
                  onPress={() => router.push({ pathname: '/receipt-result', params: { id: receipt.id } })}
                />
              ))}
              {receipts.hasNextPage ? (
                <Button
                  look="secondary"
                  title={m.common.showOlder}
                  onPress={() => void receipts.fetchNextPage()}
                  busy={receipts.isFetchingNextPage}
                  testID="show-older"
                />
              ) : null}
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
