import { useQueryClient } from '@tanstack/react-query';
import { router, useLocalSearchParams } from 'expo-router';
import { useEffect } from 'react';

import { NewPhoto } from '@/components/receipt/NewPhoto';
import { PhotoView } from '@/components/receipt/PhotoView';
import { ReviewView } from '@/components/receipt/ReviewView';
import { UploadCard } from '@/components/receipt/UploadCard';
import { Button } from '@/components/ui/Button';
import { CircleAlert, Clock, Trash, Undo } from '@/components/ui/icons';
import { useNotice } from '@/components/ui/Notice';
import { Page } from '@/components/ui/Page';
import { Loaded, State } from '@/components/ui/State';
import { useBackend } from '@/lib/backend';
import { receiptWords, useMessages } from '@/lib/i18n';
import { useReceipt, useUploads } from '@/lib/queries';
import { useReceiptRemoval } from '@/lib/receiptRemoval';
import { type ReceiptRow, retryReceipt } from '@/lib/receipts';

/** A receipt from upload to review: `?id=` of a receipt, or `?path=` of a photo that may still be uploading. */
export default function ReceiptResult() {
  const m = useMessages();
  const { uploads, session } = useBackend();
  const queries = useQueryClient();
  const { id, path } = useLocalSearchParams<{ id?: string; path?: string }>();
  const upload = useUploads().find((each) => each.path === path);
  const receipt = useReceipt(id ? { id } : { path: path ?? '' });
  const status = receipt.data?.status;
  // A photo of another user, as of a link that was passed on, never arrives.
  const isForeign = !id && !path?.startsWith(`${session?.user.id}/`);
  // The receipts list polls less often than this screen.
  useEffect(() => {
    if (status) void queries.invalidateQueries({ queryKey: ['receipts', 'list'] });
  }, [queries, status]);

  if (receipt.data?.status === 'done') return <ReviewView receipt={receipt.data} />;
  return (
    <Page title={m.result.title} back testID="receipt-result">
      {upload ? (
        <>
          {upload.refused ? null : <State busy title={m.result.uploading} testID="result-uploading" />}
          <UploadCard
            upload={upload}
            onRetry={() => uploads.retry()}
            onDiscard={() => {
              void uploads.discard(upload.id);
              router.replace('/');
            }}
          />
        </>
      ) : (
        <Loaded query={receipt}>
          {(row) =>
            row?.status === 'failed' ? (
              <FailedReceipt receipt={row} onRetried={() => receipt.refetch()} />
            ) : row === null && (id || isForeign) ? (
              <State icon={CircleAlert} title={m.problems.receipt_not_found ?? ''} testID="state-missing" />
            ) : row?.status === 'processing' ? (
              <State busy title={m.receipts.status.processing} hint={m.result.processingHint} testID="result-processing" />
            ) : (
              <State icon={Clock} title={m.receipts.status.queued} hint={m.result.queuedHint} testID="result-queued" />
            )
          }
        </Loaded>
      )}
    </Page>
  );
}

function FailedReceipt({ receipt, onRetried }: { receipt: ReceiptRow; onRetried: () => Promise<unknown> }) {
  const m = useMessages();
  const { supabase } = useBackend();
  const { sayProblem } = useNotice();
  const remove = useReceiptRemoval(receipt.id);
  const retry = async () => {
    try {
      await retryReceipt(supabase, receipt.id);
    } catch (error) {
      sayProblem(error);
    }
    await onRetried();
  };
  return (
    <>
      <State
        icon={CircleAlert}
        title={m.receipts.status.failed}
        hint={receiptWords(m, receipt.error_code)}
        testID="result-failed"
        alert
      />
      <PhotoView path={receipt.object_path} box={null} height={260} />
      <Button icon={Undo} look="secondary" title={m.result.retry} onPress={retry} testID="result-retry" />
      <Button look="dangerQuiet" icon={Trash} title={m.result.remove} onPress={remove} testID="delete-receipt" />
      <NewPhoto />
    </>
  );
}
