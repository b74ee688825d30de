// The disclosure written anew from its stored figures: formats to download, what the stored figures do not tell, or why it cannot be made.
import { Alert, Button, Modal } from 'antd';
import { financeApi } from '#core/finance/contract.ts';
import { addressOf, type Reply, useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { Loaded } from '../ui/page.tsx';
import { producing as words } from './texts-files.ts';

type Format = 'xlsx' | 'docx' | 'html' | 'csv' | 'json';

export function ProduceDialog({ of, onClose }: { of: Pick<Reply<typeof financeApi.disclosure>, 'id' | 'corrections'>; onClose(): void }) {
  const s = useText();
  const query = useCall(financeApi.produced, { params: { id: of.id } }, { retry: false });
  return (
    <Modal open onCancel={onClose} footer={null} title={s(words.title)} width={620}>
      <p className="muted">{s(words.hint)}</p>
      <Loaded query={query}>
        {(r) => (
          <div className="grid">
            <div className="row">
              {(r.formats as Format[]).map((format) => (
                <Button
                  key={format}
                  type={format === 'xlsx' || format === 'docx' ? 'primary' : 'default'}
                  href={addressOf(financeApi.produced, { params: { id: of.id }, query: { format } })}
                  {...(format === 'html' ? { target: '_blank' } : { download: true })}
                >
                  {s(words[format])}
                </Button>
              ))}
            </div>
            {r.missing.length ? (
              <Alert
                type="info"
                showIcon
                title={s(words.missing, { n: r.missing.length })}
                description={
                  <ul style={{ margin: 0, paddingLeft: 18, maxHeight: 260, overflow: 'auto' }}>
                    {r.missing.map((m) => (
                      <li key={m}>{m}</li>
                    ))}
                  </ul>
                }
              />
            ) : null}
          </div>
        )}
      </Loaded>
    </Modal>
  );
}
