import fs from "node:fs";

const { existsSync } = fs;

fs.existsSync = (path) => {
  try {
    return existsSync(path);
  } catch {
    return false;
  }
};
