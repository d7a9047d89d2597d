/**
 * Words and passwords that everybody tries first; those of a length that the vault would accept, with a few shorter
 * stems of which longer ones are made. A warning only: the list is a reminder, not a measure of strength.
 */
export const COMMON_WORDS: ReadonlySet<string> = new Set(
  `abcdefgh abcdefghi access administrator adventure airplane alexander american anything application approach
  argument asterisk authenticate authentication authority available baseball basketball beautiful beginning
  blueberry bluebird building business butterfly calendar california celebrate certificate challenge changeit
  changeme character charlotte chocolate christian christmas cinderella classified client-secret collection
  command comments community complete computer condition confidential configuration connection consider
  container correcthorse corvette creative credential credentials customer dangerous database daughter
  debugging default defaultpassword demo-token deployment description designer developer development different
  difficult direction director discovery document dragonfly education elephant elizabeth encryption enterprise
  environment everything evidence example example-token experience fallback favorite february firewall
  football forever1 forgotten foundation francisco freedom friendly function generation guestguest guitarist
  hardcoded hardware helloworld holidays hospital hunter2hunter2 iloveyou important individual industry
  information instance interesting internal internet invisible jennifer jonathan keyboard knowledge language
  letmein letmeinnow liverpool localhost location machine magazine management manchester marketing masterkey
  material medicine melissa michelle microsoft midnight mustang mypassword nicholas nintendo nothing operation
  operator organization original overwatch paragraph parameter passphrase password password-here
  passwordpassword patricia personal photograph placeholder platinum play-station playstation politics porsche
  position possible postgres postgresql president princess priority privacy private problem production
  professional professor program programming property protected protocol question qwertyui qwertyuiop rainbow
  readonly recommend redacted reference register registry relation religion repository resource response
  rockstar rootroot samantha sample-key scorpion secretkey secretpassword secretsecret security sequence
  server-key services software something spiderman standard starwars statement strategy strawberry structure
  student submarine sunflower sunshine superman supersecret superuser supervisor swordfish technology
  telephone template temporary testpassword testtest testuser thankyou threshold together tomorrow tradition
  training transaction treasure trustno trustnoone umbrella undefined understand university unknown username
  vacation valentine vanessa variable victoria volleyball webmaster welcome welcomehome whatever wireless
  wonderful woodland yesterday zaq12wsx zxcvbnm zxcvbnma`.split(/\s+/),
);
