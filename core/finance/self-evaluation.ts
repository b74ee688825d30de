// Scores of a self-evaluation (绩效自评) by a dated scheme, every one with its arithmetic in words. Points are integer hundredths.
export const methods = ['quantity', 'reverse', 'equal', 'qualitative', 'satisfaction'] as const;
export type Method = (typeof methods)[number];
export const gradeCodes = ['excellent', 'good', 'fair', 'poor'] as const;
export type GradeCode = (typeof gradeCodes)[number];
