// Every word the components say, from CustomLabels. Written by `npm run labels`.
import aboutDealOne from '@salesforce/label/c.Spiff_aboutDealOne';
import aboutDeals from '@salesforce/label/c.Spiff_aboutDeals';
import adjusted from '@salesforce/label/c.Spiff_adjusted';
import afterApproval from '@salesforce/label/c.Spiff_afterApproval';
import ahead from '@salesforce/label/c.Spiff_ahead';
import amountConfirmed from '@salesforce/label/c.Spiff_amountConfirmed';
import amountInReach from '@salesforce/label/c.Spiff_amountInReach';
import amountPending from '@salesforce/label/c.Spiff_amountPending';
import andConfirmed from '@salesforce/label/c.Spiff_andConfirmed';
import answerBy from '@salesforce/label/c.Spiff_answerBy';
import answerSent from '@salesforce/label/c.Spiff_answerSent';
import aroundYou from '@salesforce/label/c.Spiff_aroundYou';
import asOf from '@salesforce/label/c.Spiff_asOf';
import asOfSmall from '@salesforce/label/c.Spiff_asOfSmall';
import asksFor from '@salesforce/label/c.Spiff_asksFor';
import barOf from '@salesforce/label/c.Spiff_barOf';
import behind from '@salesforce/label/c.Spiff_behind';
import budgetLeft from '@salesforce/label/c.Spiff_budgetLeft';
import budgetSpent from '@salesforce/label/c.Spiff_budgetSpent';
import busyWait from '@salesforce/label/c.Spiff_busyWait';
import byDay from '@salesforce/label/c.Spiff_byDay';
import cancel from '@salesforce/label/c.Spiff_cancel';
import choose from '@salesforce/label/c.Spiff_choose';
import clockLeft from '@salesforce/label/c.Spiff_clockLeft';
import clockOver from '@salesforce/label/c.Spiff_clockOver';
import clockStarts from '@salesforce/label/c.Spiff_clockStarts';
import conditionsHold from '@salesforce/label/c.Spiff_conditionsHold';
import conditionsMiss from '@salesforce/label/c.Spiff_conditionsMiss';
import conditionsWait from '@salesforce/label/c.Spiff_conditionsWait';
import confirmedAll from '@salesforce/label/c.Spiff_confirmedAll';
import confirmedOf from '@salesforce/label/c.Spiff_confirmedOf';
import confirmedOnly from '@salesforce/label/c.Spiff_confirmedOnly';
import confirmedPlain from '@salesforce/label/c.Spiff_confirmedPlain';
import couldNotLoad from '@salesforce/label/c.Spiff_couldNotLoad';
import dashboardTitle from '@salesforce/label/c.Spiff_dashboardTitle';
import daysLeft from '@salesforce/label/c.Spiff_daysLeft';
import dealCountsOne from '@salesforce/label/c.Spiff_dealCountsOne';
import dealsCount from '@salesforce/label/c.Spiff_dealsCount';
import dealsTitle from '@salesforce/label/c.Spiff_dealsTitle';
import decidedCorrected from '@salesforce/label/c.Spiff_decidedCorrected';
import decidedDuplicate from '@salesforce/label/c.Spiff_decidedDuplicate';
import decidedEvidence from '@salesforce/label/c.Spiff_decidedEvidence';
import decidedException from '@salesforce/label/c.Spiff_decidedException';
import decidedRule from '@salesforce/label/c.Spiff_decidedRule';
import dispute from '@salesforce/label/c.Spiff_dispute';
import disputeDeal from '@salesforce/label/c.Spiff_disputeDeal';
import disputeFiled from '@salesforce/label/c.Spiff_disputeFiled';
import disputeMore from '@salesforce/label/c.Spiff_disputeMore';
import disputeProgram from '@salesforce/label/c.Spiff_disputeProgram';
import disputeReason from '@salesforce/label/c.Spiff_disputeReason';
import disputeSent from '@salesforce/label/c.Spiff_disputeSent';
import disputeText from '@salesforce/label/c.Spiff_disputeText';
import disputeThis from '@salesforce/label/c.Spiff_disputeThis';
import disputeWithdrawn from '@salesforce/label/c.Spiff_disputeWithdrawn';
import disputedUntil from '@salesforce/label/c.Spiff_disputedUntil';
import doNext from '@salesforce/label/c.Spiff_doNext';
import earned from '@salesforce/label/c.Spiff_earned';
import earnedLater from '@salesforce/label/c.Spiff_earnedLater';
import earnedOpen from '@salesforce/label/c.Spiff_earnedOpen';
import endedOn from '@salesforce/label/c.Spiff_endedOn';
import endsOn from '@salesforce/label/c.Spiff_endsOn';
import enrolledFrom from '@salesforce/label/c.Spiff_enrolledFrom';
import enrolledSince from '@salesforce/label/c.Spiff_enrolledSince';
import enrolledTo from '@salesforce/label/c.Spiff_enrolledTo';
import evidence from '@salesforce/label/c.Spiff_evidence';
import evidenceConditionOne from '@salesforce/label/c.Spiff_evidenceConditionOne';
import evidenceConditions from '@salesforce/label/c.Spiff_evidenceConditions';
import evidenceLineOne from '@salesforce/label/c.Spiff_evidenceLineOne';
import evidenceLines from '@salesforce/label/c.Spiff_evidenceLines';
import evidenceProof from '@salesforce/label/c.Spiff_evidenceProof';
import evidenceRecord from '@salesforce/label/c.Spiff_evidenceRecord';
import expansion from '@salesforce/label/c.Spiff_expansion';
import fileDispute from '@salesforce/label/c.Spiff_fileDispute';
import firstDealsOnly from '@salesforce/label/c.Spiff_firstDealsOnly';
import firstQuote from '@salesforce/label/c.Spiff_firstQuote';
import fromTo from '@salesforce/label/c.Spiff_fromTo';
import funderForRole from '@salesforce/label/c.Spiff_funderForRole';
import groupChange from '@salesforce/label/c.Spiff_groupChange';
import groupClosed from '@salesforce/label/c.Spiff_groupClosed';
import groupConfirmed from '@salesforce/label/c.Spiff_groupConfirmed';
import groupWaiting from '@salesforce/label/c.Spiff_groupWaiting';
import hideWhy from '@salesforce/label/c.Spiff_hideWhy';
import history from '@salesforce/label/c.Spiff_history';
import historyApproved from '@salesforce/label/c.Spiff_historyApproved';
import historyLine from '@salesforce/label/c.Spiff_historyLine';
import historyQuantity from '@salesforce/label/c.Spiff_historyQuantity';
import historyReceived from '@salesforce/label/c.Spiff_historyReceived';
import historyValidUntil from '@salesforce/label/c.Spiff_historyValidUntil';
import hoursMinutes from '@salesforce/label/c.Spiff_hoursMinutes';
import inProgramOne from '@salesforce/label/c.Spiff_inProgramOne';
import inPrograms from '@salesforce/label/c.Spiff_inPrograms';
import internal from '@salesforce/label/c.Spiff_internal';
import internalMoney from '@salesforce/label/c.Spiff_internalMoney';
import internalProgramOne from '@salesforce/label/c.Spiff_internalProgramOne';
import internalPrograms from '@salesforce/label/c.Spiff_internalPrograms';
import invoiced from '@salesforce/label/c.Spiff_invoiced';
import keepTrying from '@salesforce/label/c.Spiff_keepTrying';
import lastDay from '@salesforce/label/c.Spiff_lastDay';
import leaderboardTitle from '@salesforce/label/c.Spiff_leaderboardTitle';
import level from '@salesforce/label/c.Spiff_level';
import limited from '@salesforce/label/c.Spiff_limited';
import listAnd from '@salesforce/label/c.Spiff_listAnd';
import loading from '@salesforce/label/c.Spiff_loading';
import met from '@salesforce/label/c.Spiff_met';
import nameYou from '@salesforce/label/c.Spiff_nameYou';
import netNew from '@salesforce/label/c.Spiff_netNew';
import noDeals from '@salesforce/label/c.Spiff_noDeals';
import noDealsMore from '@salesforce/label/c.Spiff_noDealsMore';
import noPrize from '@salesforce/label/c.Spiff_noPrize';
import noPrizes from '@salesforce/label/c.Spiff_noPrizes';
import noPrograms from '@salesforce/label/c.Spiff_noPrograms';
import noProgramsMore from '@salesforce/label/c.Spiff_noProgramsMore';
import noRewards from '@salesforce/label/c.Spiff_noRewards';
import noRewardsMore from '@salesforce/label/c.Spiff_noRewardsMore';
import noSteps from '@salesforce/label/c.Spiff_noSteps';
import noTierAhead from '@salesforce/label/c.Spiff_noTierAhead';
import nobodyAhead from '@salesforce/label/c.Spiff_nobodyAhead';
import noneHidden from '@salesforce/label/c.Spiff_noneHidden';
import nonePending from '@salesforce/label/c.Spiff_nonePending';
import notMet from '@salesforce/label/c.Spiff_notMet';
import notPaid from '@salesforce/label/c.Spiff_notPaid';
import notSent from '@salesforce/label/c.Spiff_notSent';
import notTakingPart from '@salesforce/label/c.Spiff_notTakingPart';
import notYours from '@salesforce/label/c.Spiff_notYours';
import nothingLost from '@salesforce/label/c.Spiff_nothingLost';
import nothingOnItsWay from '@salesforce/label/c.Spiff_nothingOnItsWay';
import nothingToChange from '@salesforce/label/c.Spiff_nothingToChange';
import nothingYet from '@salesforce/label/c.Spiff_nothingYet';
import ofMany from '@salesforce/label/c.Spiff_ofMany';
import ofThemPending from '@salesforce/label/c.Spiff_ofThemPending';
import offerOthers from '@salesforce/label/c.Spiff_offerOthers';
import onItsWay from '@salesforce/label/c.Spiff_onItsWay';
import ordinalFew from '@salesforce/label/c.Spiff_ordinalFew';
import ordinalOne from '@salesforce/label/c.Spiff_ordinalOne';
import ordinalOther from '@salesforce/label/c.Spiff_ordinalOther';
import ordinalTwo from '@salesforce/label/c.Spiff_ordinalTwo';
import otherProgramOne from '@salesforce/label/c.Spiff_otherProgramOne';
import otherPrograms from '@salesforce/label/c.Spiff_otherPrograms';
import paidAtPercent from '@salesforce/label/c.Spiff_paidAtPercent';
import paidBy from '@salesforce/label/c.Spiff_paidBy';
import paysAtMost from '@salesforce/label/c.Spiff_paysAtMost';
import pendingDealOne from '@salesforce/label/c.Spiff_pendingDealOne';
import pendingDeals from '@salesforce/label/c.Spiff_pendingDeals';
import pendingReaches from '@salesforce/label/c.Spiff_pendingReaches';
import pendingReachesIn from '@salesforce/label/c.Spiff_pendingReachesIn';
import pendingShort from '@salesforce/label/c.Spiff_pendingShort';
import permissionSetRep from '@salesforce/label/c.Spiff_permissionSetRep';
import placeOf from '@salesforce/label/c.Spiff_placeOf';
import placeWorth from '@salesforce/label/c.Spiff_placeWorth';
import pointsMissing from '@salesforce/label/c.Spiff_pointsMissing';
import pointsOf from '@salesforce/label/c.Spiff_pointsOf';
import pointsToTier from '@salesforce/label/c.Spiff_pointsToTier';
import privacyCode from '@salesforce/label/c.Spiff_privacyCode';
import privacyNeighbours from '@salesforce/label/c.Spiff_privacyNeighbours';
import prizesAre from '@salesforce/label/c.Spiff_prizesAre';
import program from '@salesforce/label/c.Spiff_program';
import programOne from '@salesforce/label/c.Spiff_programOne';
import programs from '@salesforce/label/c.Spiff_programs';
import proofSource from '@salesforce/label/c.Spiff_proofSource';
import quoteAbout from '@salesforce/label/c.Spiff_quoteAbout';
import quoteAgain from '@salesforce/label/c.Spiff_quoteAgain';
import quoteAmount from '@salesforce/label/c.Spiff_quoteAmount';
import quoteAsk from '@salesforce/label/c.Spiff_quoteAsk';
import quoteEmpty from '@salesforce/label/c.Spiff_quoteEmpty';
import quoteEmptyMore from '@salesforce/label/c.Spiff_quoteEmptyMore';
import quoteFailed from '@salesforce/label/c.Spiff_quoteFailed';
import quoteNo from '@salesforce/label/c.Spiff_quoteNo';
import quoteNoMore from '@salesforce/label/c.Spiff_quoteNoMore';
import quoteNotThis from '@salesforce/label/c.Spiff_quoteNotThis';
import quoteNothingSaved from '@salesforce/label/c.Spiff_quoteNothingSaved';
import quoteSeats from '@salesforce/label/c.Spiff_quoteSeats';
import quoteSku from '@salesforce/label/c.Spiff_quoteSku';
import quoteThe from '@salesforce/label/c.Spiff_quoteThe';
import quoteTitle from '@salesforce/label/c.Spiff_quoteTitle';
import quoteTryAgain from '@salesforce/label/c.Spiff_quoteTryAgain';
import quoteType from '@salesforce/label/c.Spiff_quoteType';
import quoteVendor from '@salesforce/label/c.Spiff_quoteVendor';
import quoteWhenYours from '@salesforce/label/c.Spiff_quoteWhenYours';
import quoteYes from '@salesforce/label/c.Spiff_quoteYes';
import reachesTier from '@salesforce/label/c.Spiff_reachesTier';
import reachesTierAnyway from '@salesforce/label/c.Spiff_reachesTierAnyway';
import reachesTierWith from '@salesforce/label/c.Spiff_reachesTierWith';
import reasonNotCounted from '@salesforce/label/c.Spiff_reasonNotCounted';
import reasonOrderMissing from '@salesforce/label/c.Spiff_reasonOrderMissing';
import reasonOther from '@salesforce/label/c.Spiff_reasonOther';
import reasonWrongAmount from '@salesforce/label/c.Spiff_reasonWrongAmount';
import reasonWrongProduct from '@salesforce/label/c.Spiff_reasonWrongProduct';
import reasonWrongRep from '@salesforce/label/c.Spiff_reasonWrongRep';
import recordNoProgram from '@salesforce/label/c.Spiff_recordNoProgram';
import recordNone from '@salesforce/label/c.Spiff_recordNone';
import recordNoneMore from '@salesforce/label/c.Spiff_recordNoneMore';
import recordTitle from '@salesforce/label/c.Spiff_recordTitle';
import refresh from '@salesforce/label/c.Spiff_refresh';
import refusedStillCounts from '@salesforce/label/c.Spiff_refusedStillCounts';
import refusedText from '@salesforce/label/c.Spiff_refusedText';
import refusedTitle from '@salesforce/label/c.Spiff_refusedTitle';
import refusedUnknown from '@salesforce/label/c.Spiff_refusedUnknown';
import registrationOne from '@salesforce/label/c.Spiff_registrationOne';
import registrations from '@salesforce/label/c.Spiff_registrations';
import renewal from '@salesforce/label/c.Spiff_renewal';
import reviewer from '@salesforce/label/c.Spiff_reviewer';
import rewardOne from '@salesforce/label/c.Spiff_rewardOne';
import rewards from '@salesforce/label/c.Spiff_rewards';
import rewardsTitle from '@salesforce/label/c.Spiff_rewardsTitle';
import seats from '@salesforce/label/c.Spiff_seats';
import seeAllPrograms from '@salesforce/label/c.Spiff_seeAllPrograms';
import sendAnswer from '@salesforce/label/c.Spiff_sendAnswer';
import showAround from '@salesforce/label/c.Spiff_showAround';
import showMoreDeals from '@salesforce/label/c.Spiff_showMoreDeals';
import showTop from '@salesforce/label/c.Spiff_showTop';
import showWhy from '@salesforce/label/c.Spiff_showWhy';
import smallestChange from '@salesforce/label/c.Spiff_smallestChange';
import smallestChangePays from '@salesforce/label/c.Spiff_smallestChangePays';
import smallestChangeMore from '@salesforce/label/c.Spiff_smallestChangeMore';
import sourceNever from '@salesforce/label/c.Spiff_sourceNever';
import sourceStale from '@salesforce/label/c.Spiff_sourceStale';
import staleNumbers from '@salesforce/label/c.Spiff_staleNumbers';
import startingBalance from '@salesforce/label/c.Spiff_startingBalance';
import startsOn from '@salesforce/label/c.Spiff_startsOn';
import stateClosed from '@salesforce/label/c.Spiff_stateClosed';
import stateConfirmed from '@salesforce/label/c.Spiff_stateConfirmed';
import stateCounts from '@salesforce/label/c.Spiff_stateCounts';
import stateDeleted from '@salesforce/label/c.Spiff_stateDeleted';
import stateDelivered from '@salesforce/label/c.Spiff_stateDelivered';
import stateDenied from '@salesforce/label/c.Spiff_stateDenied';
import stateExpired from '@salesforce/label/c.Spiff_stateExpired';
import stateFailed from '@salesforce/label/c.Spiff_stateFailed';
import stateLost from '@salesforce/label/c.Spiff_stateLost';
import stateNear from '@salesforce/label/c.Spiff_stateNear';
import stateNeedsYou from '@salesforce/label/c.Spiff_stateNeedsYou';
import stateOff from '@salesforce/label/c.Spiff_stateOff';
import statePartly from '@salesforce/label/c.Spiff_statePartly';
import statePending from '@salesforce/label/c.Spiff_statePending';
import stateRejected from '@salesforce/label/c.Spiff_stateRejected';
import stateReview from '@salesforce/label/c.Spiff_stateReview';
import stateSubmitted from '@salesforce/label/c.Spiff_stateSubmitted';
import stateUpheld from '@salesforce/label/c.Spiff_stateUpheld';
import stateWaiting from '@salesforce/label/c.Spiff_stateWaiting';
import stateWithdrawn from '@salesforce/label/c.Spiff_stateWithdrawn';
import stepConfirm from '@salesforce/label/c.Spiff_stepConfirm';
import stepDealOne from '@salesforce/label/c.Spiff_stepDealOne';
import stepDeals from '@salesforce/label/c.Spiff_stepDeals';
import stepDelivered from '@salesforce/label/c.Spiff_stepDelivered';
import stepDone from '@salesforce/label/c.Spiff_stepDone';
import stepEarned from '@salesforce/label/c.Spiff_stepEarned';
import stepFirst from '@salesforce/label/c.Spiff_stepFirst';
import stepNow from '@salesforce/label/c.Spiff_stepNow';
import stepOrdered from '@salesforce/label/c.Spiff_stepOrdered';
import stepReleased from '@salesforce/label/c.Spiff_stepReleased';
import stepToCome from '@salesforce/label/c.Spiff_stepToCome';
import stillWaiting from '@salesforce/label/c.Spiff_stillWaiting';
import theTop from '@salesforce/label/c.Spiff_theTop';
import thenToNextTier from '@salesforce/label/c.Spiff_thenToNextTier';
import thereAreMore from '@salesforce/label/c.Spiff_thereAreMore';
import tierBonus from '@salesforce/label/c.Spiff_tierBonus';
import tierPercent from '@salesforce/label/c.Spiff_tierPercent';
import tiesEarlier from '@salesforce/label/c.Spiff_tiesEarlier';
import tiesShared from '@salesforce/label/c.Spiff_tiesShared';
import toNextPlace from '@salesforce/label/c.Spiff_toNextPlace';
import toReach from '@salesforce/label/c.Spiff_toReach';
import toReachNext from '@salesforce/label/c.Spiff_toReachNext';
import toastConfirmed from '@salesforce/label/c.Spiff_toastConfirmed';
import toastPending from '@salesforce/label/c.Spiff_toastPending';
import tryAgain from '@salesforce/label/c.Spiff_tryAgain';
import validUntil from '@salesforce/label/c.Spiff_validUntil';
import vendor from '@salesforce/label/c.Spiff_vendor';
import vendorMoney from '@salesforce/label/c.Spiff_vendorMoney';
import vendorProgramOne from '@salesforce/label/c.Spiff_vendorProgramOne';
import vendorPrograms from '@salesforce/label/c.Spiff_vendorPrograms';
import waitsFor from '@salesforce/label/c.Spiff_waitsFor';
import waitsForTitle from '@salesforce/label/c.Spiff_waitsForTitle';
import welcomeTitle from '@salesforce/label/c.Spiff_welcomeTitle';
import whatDeal from '@salesforce/label/c.Spiff_whatDeal';
import whatDeals from '@salesforce/label/c.Spiff_whatDeals';
import whatLeaderboard from '@salesforce/label/c.Spiff_whatLeaderboard';
import whatNumbers from '@salesforce/label/c.Spiff_whatNumbers';
import whatPrograms from '@salesforce/label/c.Spiff_whatPrograms';
import whatRewards from '@salesforce/label/c.Spiff_whatRewards';
import whatStandings from '@salesforce/label/c.Spiff_whatStandings';
import withBonus from '@salesforce/label/c.Spiff_withBonus';
import withdraw from '@salesforce/label/c.Spiff_withdraw';
import wordsKept from '@salesforce/label/c.Spiff_wordsKept';
import worthBefore from '@salesforce/label/c.Spiff_worthBefore';
import you from '@salesforce/label/c.Spiff_you';
import youAsked from '@salesforce/label/c.Spiff_youAsked';
import yourAnswer from '@salesforce/label/c.Spiff_yourAnswer';
import yourPlace from '@salesforce/label/c.Spiff_yourPlace';
import yourPrograms from '@salesforce/label/c.Spiff_yourPrograms';
import endedWith from '@salesforce/label/c.Spiff_endedWith';
import rewardsShow from '@salesforce/label/c.Spiff_rewardsShow';
import laterThanPromised from '@salesforce/label/c.Spiff_laterThanPromised';
import asNetNew from '@salesforce/label/c.Spiff_asNetNew';
import asRenewal from '@salesforce/label/c.Spiff_asRenewal';
import asExpansion from '@salesforce/label/c.Spiff_asExpansion';
import salesforceStale from '@salesforce/label/c.Spiff_salesforceStale';
import disputeSentPlain from '@salesforce/label/c.Spiff_disputeSentPlain';
import disputedPlain from '@salesforce/label/c.Spiff_disputedPlain';
import adjustmentProposed from '@salesforce/label/c.Spiff_adjustmentProposed';
import adjustmentRefused from '@salesforce/label/c.Spiff_adjustmentRefused';
import disputeAgain from '@salesforce/label/c.Spiff_disputeAgain';
import historyAdjusted from '@salesforce/label/c.Spiff_historyAdjusted';

export const labels = Object.freeze({
    aboutDealOne,
    aboutDeals,
    adjusted,
    afterApproval,
    ahead,
    amountConfirmed,
    amountInReach,
    amountPending,
    andConfirmed,
    answerBy,
    answerSent,
    aroundYou,
    asOf,
    asOfSmall,
    asksFor,
    barOf,
    behind,
    budgetLeft,
    budgetSpent,
    busyWait,
    byDay,
    cancel,
    choose,
    clockLeft,
    clockOver,
    clockStarts,
    conditionsHold,
    conditionsMiss,
    conditionsWait,
    confirmedAll,
    confirmedOf,
    confirmedOnly,
    confirmedPlain,
    couldNotLoad,
    dashboardTitle,
    daysLeft,
    dealCountsOne,
    dealsCount,
    dealsTitle,
    decidedCorrected,
    decidedDuplicate,
    decidedEvidence,
    decidedException,
    decidedRule,
    dispute,
    disputeDeal,
    disputeFiled,
    disputeMore,
    disputeProgram,
    disputeReason,
    disputeSent,
    disputeText,
    disputeThis,
    disputeWithdrawn,
    disputedUntil,
    doNext,
    earned,
    earnedLater,
    earnedOpen,
    endedOn,
    endsOn,
    enrolledFrom,
    enrolledSince,
    enrolledTo,
    evidence,
    evidenceConditionOne,
    evidenceConditions,
    evidenceLineOne,
    evidenceLines,
    evidenceProof,
    evidenceRecord,
    expansion,
    fileDispute,
    firstDealsOnly,
    firstQuote,
    fromTo,
    funderForRole,
    groupChange,
    groupClosed,
    groupConfirmed,
    groupWaiting,
    hideWhy,
    history,
    historyApproved,
    historyLine,
    historyQuantity,
    historyReceived,
    historyValidUntil,
    hoursMinutes,
    inProgramOne,
    inPrograms,
    internal,
    internalMoney,
    internalProgramOne,
    internalPrograms,
    invoiced,
    keepTrying,
    lastDay,
    leaderboardTitle,
    level,
    limited,
    listAnd,
    loading,
    met,
    nameYou,
    netNew,
    noDeals,
    noDealsMore,
    noPrize,
    noPrizes,
    noPrograms,
    noProgramsMore,
    noRewards,
    noRewardsMore,
    noSteps,
    noTierAhead,
    nobodyAhead,
    noneHidden,
    nonePending,
    notMet,
    notPaid,
    notSent,
    notTakingPart,
    notYours,
    nothingLost,
    nothingOnItsWay,
    nothingToChange,
    nothingYet,
    ofMany,
    ofThemPending,
    offerOthers,
    onItsWay,
    ordinalFew,
    ordinalOne,
    ordinalOther,
    ordinalTwo,
    otherProgramOne,
    otherPrograms,
    paidAtPercent,
    paidBy,
    paysAtMost,
    pendingDealOne,
    pendingDeals,
    pendingReaches,
    pendingReachesIn,
    pendingShort,
    permissionSetRep,
    placeOf,
    placeWorth,
    pointsMissing,
    pointsOf,
    pointsToTier,
    privacyCode,
    privacyNeighbours,
    prizesAre,
    program,
    programOne,
    programs,
    proofSource,
    quoteAbout,
    quoteAgain,
    quoteAmount,
    quoteAsk,
    quoteEmpty,
    quoteEmptyMore,
    quoteFailed,
    quoteNo,
    quoteNoMore,
    quoteNotThis,
    quoteNothingSaved,
    quoteSeats,
    quoteSku,
    quoteThe,
    quoteTitle,
    quoteTryAgain,
    quoteType,
    quoteVendor,
    quoteWhenYours,
    quoteYes,
    reachesTier,
    reachesTierAnyway,
    reachesTierWith,
    reasonNotCounted,
    reasonOrderMissing,
    reasonOther,
    reasonWrongAmount,
    reasonWrongProduct,
    reasonWrongRep,
    recordNoProgram,
    recordNone,
    recordNoneMore,
    recordTitle,
    refresh,
    refusedStillCounts,
    refusedText,
    refusedTitle,
    refusedUnknown,
    registrationOne,
    registrations,
    renewal,
    reviewer,
    rewardOne,
    rewards,
    rewardsTitle,
    seats,
    seeAllPrograms,
    sendAnswer,
    showAround,
    showMoreDeals,
    showTop,
    showWhy,
    smallestChange,
    smallestChangePays,
    smallestChangeMore,
    sourceNever,
    sourceStale,
    staleNumbers,
    startingBalance,
    startsOn,
    stateClosed,
    stateConfirmed,
    stateCounts,
    stateDeleted,
    stateDelivered,
    stateDenied,
    stateExpired,
    stateFailed,
    stateLost,
    stateNear,
    stateNeedsYou,
    stateOff,
    statePartly,
    statePending,
    stateRejected,
    stateReview,
    stateSubmitted,
    stateUpheld,
    stateWaiting,
    stateWithdrawn,
    stepConfirm,
    stepDealOne,
    stepDeals,
    stepDelivered,
    stepDone,
    stepEarned,
    stepFirst,
    stepNow,
    stepOrdered,
    stepReleased,
    stepToCome,
    stillWaiting,
    theTop,
    thenToNextTier,
    thereAreMore,
    tierBonus,
    tierPercent,
    tiesEarlier,
    tiesShared,
    toNextPlace,
    toReach,
    toReachNext,
    toastConfirmed,
    toastPending,
    tryAgain,
    validUntil,
    vendor,
    vendorMoney,
    vendorProgramOne,
    vendorPrograms,
    waitsFor,
    waitsForTitle,
    welcomeTitle,
    whatDeal,
    whatDeals,
    whatLeaderboard,
    whatNumbers,
    whatPrograms,
    whatRewards,
    whatStandings,
    withBonus,
    withdraw,
    wordsKept,
    worthBefore,
    you,
    youAsked,
    yourAnswer,
    yourPlace,
    yourPrograms,
    endedWith,
    rewardsShow,
    laterThanPromised,
    asNetNew,
    asRenewal,
    asExpansion,
    salesforceStale,
    disputeSentPlain,
    disputedPlain,
    adjustmentProposed,
    adjustmentRefused,
    disputeAgain,
    historyAdjusted
});
