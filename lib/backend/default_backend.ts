/** The backend that systems run on which were not given one, opened when this module is loaded. */
import { type Backend, openBackend } from "./choose_backend.ts";

export const defaultBackend: Backend = await openBackend();
