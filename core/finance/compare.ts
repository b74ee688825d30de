// Figures of a disclosure that can be compared across years and units, and the series made of them.
export const dimensions = ['function', 'economic', 'government-economic', 'procurement', 'source', 'project'] as const;
export type Dimension = (typeof dimensions)[number];
