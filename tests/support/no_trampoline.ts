/**
 * Loaded before a test file: the process makes no trampoline for the log, as where the machine has
 * none, and its threads take turns.
 *
 * @module
 */
import { disableTrampolineForTests } from "../../lib/log/shared_block.ts";

disableTrampolineForTests();
