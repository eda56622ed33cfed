import { UploadCard } from './UploadCard';
import { useBackend } from '@/lib/backend';
import { useOwnUploads } from '@/lib/queries';

/** The user's photos that are still to be uploaded. */
export function OwnUploads() {
  const { uploads } = useBackend();
  return useOwnUploads().map((upload) => (
    <UploadCard
      key={upload.id}
      upload={upload}
      onRetry={() => uploads.retry()}
      onDiscard={() => void uploads.discard(upload.id)}
    />
  ));
}
