// Suggests what could answer a published target: indicators and targets of the centre, by name, unit of measure and direction, with reasons.
export const bindingKinds = ['indicator', 'target'] as const;
export type BindingKind = (typeof bindingKinds)[number];
