// Zod without generated code: a strict content security policy forbids it. Imported before any schema is made.
import * as z from 'zod';

z.config({ jitless: true });
