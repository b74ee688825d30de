// Forms drawn from field definitions: the same definitions that the server checks.
import { DatePicker, Form, type FormInstance, Input, InputNumber, Radio, Rate, Select, Switch, Upload } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import type { Field } from '#core/form.ts';
import { useText } from '../texts.tsx';

function Widget({
  field,
  onUpload,
  ...rest
}: {
  field: Field;
  onUpload?: ((file: File) => Promise<string>) | undefined;
  value?: unknown;
  onChange?: (v: unknown) => void;
  id?: string;
}) {
  const s = useText();
  const options = field.options?.map((o) => ({ value: o.value, label: s(o.label) }));
  const given = rest as { value?: never; onChange?: (v: unknown) => void; id?: string };
  const label = s(field.label);
  switch (field.type) {
    case 'long':
      return <Input.TextArea {...given} rows={3} maxLength={field.maxLength ?? 5000} aria-label={label} />;
    case 'number':
    case 'integer':
      return (
        <InputNumber
          {...given}
          style={{ width: 200 }}
          {...(field.min === undefined ? {} : { min: field.min })}
          {...(field.max === undefined ? {} : { max: field.max })}
          {...(field.type === 'integer' ? { precision: 0 } : {})}
          suffix={field.unit}
          aria-label={label}
        />
      );
    case 'boolean':
      return <Switch checked={Boolean(rest.value)} onChange={(v) => rest.onChange?.(v)} aria-label={label} />;
    case 'rating':
      return <Rate {...given} count={field.max ?? 5} />;
    case 'choice':
      return (options?.length ?? 0) <= 4 ? (
        <Radio.Group {...given} options={options ?? []} />
      ) : (
        <Select {...given} options={options ?? []} showSearch={{ optionFilterProp: 'label' }} aria-label={label} />
      );
    case 'choices':
      return <Select {...given} mode="multiple" options={options ?? []} aria-label={label} />;
    case 'date':
      return <DatePicker value={rest.value ? dayjs(rest.value as string) : null} onChange={(d: Dayjs | null) => rest.onChange?.(d?.format('YYYY-MM-DD'))} aria-label={label} />;
    case 'instant':
      return (
        <DatePicker
          showTime={{ format: 'HH:mm' }}
          format="YYYY-MM-DD HH:mm"
          value={rest.value ? dayjs(rest.value as string) : null}
          onChange={(d: Dayjs | null) => rest.onChange?.(d?.format('YYYY-MM-DDTHH:mm:ssZ'))}
          aria-label={label}
        />
      );
    case 'file':
      return (
        <Upload
          multiple
          beforeUpload={(file) => {
            void onUpload?.(file).then((sha) => rest.onChange?.([...((rest.value as string[] | undefined) ?? []), sha]));
            return false;
          }}
        >
          <a>选择文件（{((rest.value as string[] | undefined) ?? []).length} 个已上传）</a>
        </Upload>
      );
    default:
      return <Input {...given} maxLength={field.maxLength ?? 200} suffix={field.unit} aria-label={label} />;
  }
}

/** Form items for a list of fields; values live under their names in the surrounding form. */
export function FormFields({ fields, onUpload, prefix = [] }: { fields: readonly Field[]; onUpload?: (file: File) => Promise<string>; prefix?: (string | number)[] }) {
  const s = useText();
  return (
    <>
      {fields
        .filter((f) => f.type !== 'file' || onUpload)
        .map((f) => (
          <Form.Item
            key={f.name}
            name={[...prefix, f.name]}
            label={s(f.label)}
            extra={s(f.help ?? f.reason)}
            {...(f.type === 'boolean' ? { initialValue: false } : {})}
            rules={[{ required: f.required, message: `请填写${s(f.label)}` }]}
          >
            <Widget field={f} onUpload={onUpload} />
          </Form.Item>
        ))}
    </>
  );
}
export type { FormInstance };
